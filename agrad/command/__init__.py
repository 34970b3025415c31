"""The command line, and what stands behind it: what is supported where, and new projects for plugins."""
