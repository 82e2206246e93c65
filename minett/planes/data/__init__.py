"""Data under a policy: take files in, say what may be seen, write it as snapshots. It knows no Django."""
