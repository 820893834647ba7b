"""Outputs of a step of a workflow, which later jobs read. Standard library only.

Source: "Workflow commands for GitHub Actions", "Setting an output parameter".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write(environment: Mapping[str, str], name: str, value: str) -> None:
    """Adds an output to the file that GITHUB_OUTPUT names; nothing where no workflow runs."""
    if file := environment.get("GITHUB_OUTPUT"):
        with Path(file).open("a", encoding="utf-8") as outputs:
            outputs.write(f"{name}={value}\n")
