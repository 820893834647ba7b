"""The checks before a task starts."""
