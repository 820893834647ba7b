"""The stack's image: its commit, scan and signature."""
