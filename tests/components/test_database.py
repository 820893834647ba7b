"""What the database is: said in every request, whatever RDS and Pulumi take for granted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from tests.components.program import MASTER, Deployed

Deploy = Callable[..., Deployed]
STAGING, PROD = "staging", "prod"


def test_what_rds_would_leave_off_is_on(deploy: Deploy) -> None:
    instance = deploy().one("rds/instance:Instance").inputs
    assert instance["storageEncrypted"] is True
    assert instance["storageType"] == "gp3"
    assert instance["backupRetentionPeriod"] == 7
    assert instance["publiclyAccessible"] is False
    assert instance["manageMasterUserPassword"] is True
    assert instance["autoMinorVersionUpgrade"] is True
    assert instance["allowMajorVersionUpgrade"] is False
    assert instance["copyTagsToSnapshot"] is True
    assert instance["engineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert instance["caCertIdentifier"] == "rds-ca-rsa2048-g1"
    assert (instance["performanceInsightsEnabled"], instance["performanceInsightsRetentionPeriod"]) == (True, 7)
    assert (instance["allocatedStorage"], instance["maxAllocatedStorage"]) == (20, 40)
    assert (instance["backupWindow"], instance["maintenanceWindow"]) == ("03:00-04:00", "sun:04:30-sun:05:30")


def test_tls_is_forced_by_a_parameter_group_of_its_own(deploy: Deploy) -> None:
    deployed = deploy(database={"version": "16.9"})
    group = deployed.one("rds/parameterGroup:ParameterGroup")
    assert group.inputs["family"] == "postgres16"
    assert {one["name"]: (one["value"], one["applyMethod"]) for one in group.inputs["parameters"]} == {
        "rds.force_ssl": ("1", "pending-reboot"),  # what RDS answers: with another, every `up` shows a change
        "log_lock_waits": ("1", "immediate"),
    }
    assert deployed.one("rds/instance:Instance").inputs["parameterGroupName"] == group.name


@pytest.mark.parametrize(
    ("environment", "standby", "guarded"), [("local", False, False), (STAGING, False, False), (PROD, True, True)]
)
def test_only_prod_is_guarded(deploy: Deploy, environment: str, standby: bool, guarded: bool) -> None:
    instance = deploy(environment=environment).one("rds/instance:Instance").inputs
    assert instance["multiAz"] is standby
    assert instance["deletionProtection"] is guarded
    assert instance["skipFinalSnapshot"] is not guarded
    assert instance["deleteAutomatedBackups"] is not guarded


def test_a_final_snapshot_is_named_after_this_creation_of_the_stack(deploy: Deploy) -> None:
    """The subnet group's automatic name differs each time that a stack is created; the stack's own name does not."""
    assert "finalSnapshotIdentifier" not in deploy().one("rds/instance:Instance").inputs
    names = {
        deploy(environment=PROD, stale={"SubnetGroup": {"name": f"sluice-test-{chance}"}})
        .one("rds/instance:Instance")
        .inputs["finalSnapshotIdentifier"]
        for chance in ("1a2b3c4", "5d6e7f8")
    }
    assert names == {"sluice-test-1a2b3c4-final", "sluice-test-5d6e7f8-final"}


def test_its_log_groups_are_there_before_it_and_end(deploy: Deploy) -> None:
    deployed = deploy(logs={"retentionDays": 90})
    instance = deployed.one("rds/instance:Instance")
    groups = [one for one in deployed.all("logGroup:LogGroup") if "/rds/" in one.inputs["name"]]
    assert {one.inputs["name"] for one in groups} == {
        f"/aws/rds/instance/{instance.inputs['identifier']}/{log}"
        for log in instance.inputs["enabledCloudwatchLogsExports"]
    }
    assert {one.urn for one in groups} <= set(instance.dependencies)
    assert {one.inputs["retentionInDays"] for one in deployed.all("logGroup:LogGroup")} == {90}


def test_nothing_is_copied_that_nobody_wants(deploy: Deploy) -> None:
    wishes = {"exportLogs": False, "performanceInsights": False, "maxStorage": 0}
    deployed = deploy(database=wishes)
    instance = deployed.one("rds/instance:Instance").inputs
    assert instance["enabledCloudwatchLogsExports"] == []
    assert instance["performanceInsightsEnabled"] is False
    assert {"performanceInsightsRetentionPeriod", "maxAllocatedStorage"}.isdisjoint(instance)
    assert [one for one in deployed.all("logGroup:LogGroup") if "/rds/" in one.inputs["name"]] == []


class TestExisting:
    """An instance that is somebody else's: found by its identifier, and only let in to."""

    def test_nothing_is_made_but_the_way_to_it(self, deploy: Deploy) -> None:
        deployed = deploy(database={"existing": "legacy", "name": "shop"})
        assert deployed.all("rds/instance:Instance") == deployed.all("rds/subnetGroup:SubnetGroup") == []
        assert [one for one in deployed.all("logGroup:LogGroup") if "/rds/" in one.inputs["name"]] == []
        into = [one for one in deployed.all("IngressRule") if one.inputs["securityGroupId"] == "sg-old"]
        assert {one.name for one in into} == {
            "sluice-test-service-into-database",
            "sluice-test-migration-into-database",
        }
        assert {(one.inputs["fromPort"], one.inputs["toPort"]) for one in into} == {(6432, 6432)}
        assert deployed.outputs["database"] == {"address": "old.example.internal", "port": 6432, "name": "shop"}
        run = deployed.one("MigrationRun").inputs
        assert run["database"] == "db-OLD", "restored or created anew, it is migrated again"
        assert run["environment"]["DB_HOST"] == "old.example.internal"
        assert run["environment"]["DB_PORT"] == "6432"

    def test_its_master_user_may_have_a_secret_of_its_own(self, deploy: Deploy) -> None:
        secret = MASTER.replace("rds!db-1", "legacy")
        steps = deploy(database={"existing": "legacy", "secret": secret}).one("MigrationRun").inputs["steps"]
        assert steps[0]["secrets"]["DB_PASSWORD"].startswith(secret)

    @pytest.mark.parametrize(
        ("instance", "said"),
        [
            ({"engine": "mysql"}, "only PostgreSQL is accepted"),
            ({"masterUserSecrets": []}, "set database.secret to its ARN"),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, deploy: Deploy, instance: dict[str, Any], said: str) -> None:
        with pytest.raises(pulumi.RunError, match=said):
            deploy(database={"existing": "legacy"}, stale={"getInstance": instance})
