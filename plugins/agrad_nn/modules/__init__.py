"""Modules: parts of networks, with parameters; each file has one kind of them."""
