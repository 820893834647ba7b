"""Moves a service to a new revision and proves it, or rolls it back."""
