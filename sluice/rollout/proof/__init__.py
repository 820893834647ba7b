"""Proofs of a version: smoke request, soak, health of its targets."""
