"""Everything that is checked before a task starts."""
