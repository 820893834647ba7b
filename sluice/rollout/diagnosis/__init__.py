"""Why a rollout failed."""
