"""Runs of an image's migration steps, recorded so that none runs twice."""
