"""ECS's own strategies that shift traffic: BLUE_GREEN, CANARY and LINEAR, stage by stage, with pause hooks."""
