"""Which image a repository has under a tag, against moto's ECR."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.session import Account, Clients
from sluice.image.pushed import pushed
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.release.test_in_use import REPOSITORY, URL, ecr, push

__all__ = ["ecr"]


class Asking(Clients):
    """Clients of moto's account."""

    def __init__(self, client: Any) -> None:
        super().__init__(Account(region="eu-central-1"))
        self.client, self.verified = client, False

    def verify(self) -> None:
        self.verified = True

    def in_region(self, service: str, region: str) -> Any:
        assert (service, region) == ("ecr", "eu-central-1")
        return self.client


def test_a_tag_that_is_there_gives_its_digest(ecr: Any) -> None:
    image = push(ecr, "a" * 40)
    clients = Asking(ecr)
    assert pushed(clients, URL, "a" * 40) == image.rpartition("@")[2]
    assert clients.verified, "a wrong account must not answer for the right one"


def test_one_that_is_not_there_is_built(ecr: Any) -> None:
    assert pushed(Asking(ecr), URL, "b" * 40) == ""
    assert pushed(Asking(ecr), URL.replace(REPOSITORY, "gone"), "b" * 40) == ""
    assert pushed(Asking(ecr), "docker.io/library/notes", "b" * 40) == "", "not in ECR"


def test_a_refusal_is_no_answer() -> None:
    class Denied:
        def describe_images(self, **_: Any) -> Any:
            raise client_error("AccessDeniedException", "DescribeImages")

    with pytest.raises(ClientError):
        pushed(Asking(Denied()), URL, "a" * 40)
