"""What a rehearsal says of the stack's resources and image."""

from __future__ import annotations

from local.rehearse.report import resources, same_image

DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32


def test_resources_are_counted_by_service_and_components_are_not() -> None:
    urns = [
        "urn:pulumi:prod::sluice::sluice:infra:Network::net",
        "urn:pulumi:prod::sluice::sluice:infra:Network$aws:ec2/subnet:Subnet::a",
        "urn:pulumi:prod::sluice::sluice:infra:Network$aws:ec2/subnet:Subnet::b",
        "urn:pulumi:prod::sluice::sluice:components:Service$aws:ecs/service:Service::s",
        "urn:pulumi:prod::sluice::sluice:components:Deployment$gate:index:Rollout::r",
    ]
    assert resources(urns) == "4 resources: 2 ec2, 1 ecs, 1 gate"


def test_one_digest_in_two_repositories_is_one_image() -> None:
    assert "the same image" in same_image({"image": f"a/x@{DIGEST}"}, {"image": f"b/y@{DIGEST}"})
    assert "another image" in same_image({"image": f"a/x@{DIGEST}"}, {"image": f"a/x@{OTHER}"})
    assert "another image" in same_image({}, {})
