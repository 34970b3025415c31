"""The ops, a module for each kind; each has its records in ``OPS``."""
