"""What the stack's tasks are and may do."""
