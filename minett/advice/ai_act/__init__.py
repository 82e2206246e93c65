"""A preview of the AI Act's classes from dated rules. It is no legal advice and says so."""
