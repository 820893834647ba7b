"""Pulumi component resources of a deployment, each with one typed args object."""
