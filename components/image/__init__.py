"""The image: its build, its repository."""
