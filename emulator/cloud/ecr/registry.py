"""The container registry behind ECR: where it is, and how to log in to it. No MiniStack here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Registry:
    """A registry.

    Attributes:
        address: `127.0.0.1:PORT`, with which its images' names begin.
        user, password: of the login.
    """

    address: str
    user: str
    password: str = field(repr=False)

    @property
    def authorization(self) -> str:
        """The value of an HTTP `Authorization` header."""
        return "Basic " + self.token

    @property
    def token(self) -> str:
        """The login as ECR gives it out ("Private registry authentication" in the Amazon ECR user guide)."""
        return base64.b64encode(f"{self.user}:{self.password}".encode()).decode()

    @property
    def login(self) -> Mapping[str, str]:
        """The login as the Docker client takes it."""
        return {"username": self.user, "password": self.password}
