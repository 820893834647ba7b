"""Run records in Parameter Store: lock, adoption, history."""
