"""Blue/green, canary and linear rollouts: ECS shifts the traffic, the gate proves the version at ECS's pauses."""
