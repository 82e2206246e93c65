"""Rules by noun: each module declares the facts that its rules need, and the rules. Pure functions only."""
