"""The service's scaling and proofs."""
