"""The database snapshot before a run."""
