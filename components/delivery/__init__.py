"""The gate, the rollout, the release."""
