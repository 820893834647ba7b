"""The image: build and repository."""
