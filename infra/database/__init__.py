"""The stack's database."""
