"""Documents a company can keep: one neutral document, printed as PDF, shown as HTML, with charts as pictures.

This room lays out what it is given. It decides nothing, reads no database and writes no sentence of its own
apart from the fixed labels of its templates.
"""
