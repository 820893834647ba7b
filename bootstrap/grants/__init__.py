"""What a stack's deployers and its tasks may do, as plain data, one file per subject."""
