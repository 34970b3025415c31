"""The docstrings of ops that differ in a word or two, written out."""
