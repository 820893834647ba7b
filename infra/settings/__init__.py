"""The settings of a stack: one pydantic model per noun, read and checked whole before anything is created."""

from infra.settings.reading.read import load
from infra.settings.settings import Settings

__all__ = ["Settings", "load"]
