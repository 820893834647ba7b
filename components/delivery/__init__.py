"""The migration gate, the rollout, the release."""
