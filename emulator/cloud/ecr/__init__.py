"""Elastic Container Registry: the API answers from the registry that images are really pushed to."""
