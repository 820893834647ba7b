"""Systems Manager's Parameter Store, where the run records live."""
