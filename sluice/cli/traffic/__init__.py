"""What operators see of, and answer to, a rollout that shifts traffic."""
