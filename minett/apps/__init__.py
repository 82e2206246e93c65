"""One noun each: its tables, its access, its services (writes) and its queries (reads).

The apps stand along a street, lowest first, and each may call those before it: ledger, people, catalogue,
cases | dataproducts, grants, jobs, registry, impact, network. What spans two of them is a journey.
"""
