"""What the gate is asked to do, as plain data."""
