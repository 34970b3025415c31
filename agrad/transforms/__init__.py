"""Function transforms: derivatives of functions, nested in any order."""
