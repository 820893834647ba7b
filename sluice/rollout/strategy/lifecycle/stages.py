"""The stages of a service deployment that shifts traffic, in order. Pure.

ECS names more stages than its API model lists (PRE_PRODUCTION_TRAFFIC_SHIFT), so a stage is a text, not an enum.
Source: "Amazon ECS blue/green service deployments workflow", "Lifecycle stages".
"""

from __future__ import annotations

PRE_SCALE_UP = "PRE_SCALE_UP"
POST_TEST = "POST_TEST_TRAFFIC_SHIFT"
PRE_PRODUCTION = "PRE_PRODUCTION_TRAFFIC_SHIFT"
PRODUCTION = "PRODUCTION_TRAFFIC_SHIFT"
POST_PRODUCTION = "POST_PRODUCTION_TRAFFIC_SHIFT"
BAKE = "BAKE_TIME"
CLEAN_UP = "CLEAN_UP"

BEFORE_PROOF = (
    "",
    "RECONCILE_SERVICE",
    PRE_SCALE_UP,
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    POST_TEST,
)
"""Stages in which no user reaches the new version, up to the pause at which it is proven."""
AFTER_SHIFT = (POST_PRODUCTION, BAKE)
"""Stages in which every user reaches the new version, and ECS can still roll back in an instant."""

_TEXTS = {
    "": "waiting for ECS to begin",
    "RECONCILE_SERVICE": "removing what an earlier deployment left",
    PRE_SCALE_UP: "before the new tasks start",
    "SCALE_UP": "starting the new tasks",
    "POST_SCALE_UP": "the new tasks run",
    "TEST_TRAFFIC_SHIFT": "moving test traffic",
    POST_TEST: "test traffic reaches the new version",
    PRE_PRODUCTION: "before the next step of users' traffic",
    PRODUCTION: "moving users' traffic",
    POST_PRODUCTION: "users' traffic is moved",
    BAKE: "baking: both versions run",
    CLEAN_UP: "stopping the old tasks",
}


def text_of(stage: str) -> str:
    """What happens in a stage; a stage that is not known is named as ECS names it."""
    return _TEXTS.get(stage, stage)
