"""The stack's image: where it comes from, and its scan."""
