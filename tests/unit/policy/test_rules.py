"""Each rule finds what it is there for, and nothing in a stack that is as it should be."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from policy.readiness.production import environment
from policy.readiness.rule import PolicyRule, RuleScope, Violation
from policy.readiness.rules import CHAPTERS, RULES, judge
from policy.readiness.stack import StackGraph, StackResource, token
from tests.unit.policy.production import AUDIENCE, GITHUB, IGNORED, allow, container, policy, stack, trust
from tests.unit.policy.strategies import FINE, STRATEGIES
from tests.unit.policy.ways_past import WAYS

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def props(**changes: Any) -> dict[str, Any]:
    """Properties of resources that are other than they should be; `_` stands for `-` in their names."""
    return {"changed": {name.replace("_", "-"): changed for name, changed in changes.items()}}


def extra(kind: str, needs: dict[str, list[str]] | None = None, **properties: Any) -> dict[str, Any]:
    """A resource that should not be there."""
    return {"more": [StackResource(kind, "extra", "extra", properties, needs or {})]}


def subject(said: str) -> dict[str, Any]:
    """A role that GitHub takes, by its subject."""
    sub = {"token.actions.githubusercontent.com:sub": said}
    return props(deploy_role={"assumeRolePolicy": trust(GITHUB, {"StringLike": AUDIENCE | sub})})


OPEN = {"cidrIpv4": "0.0.0.0/0", "fromPort": 5432, "toPort": 5432}
INGRESS = "aws:vpc:SecurityGroupIngressRule"

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    # rule, what is changed, about which resource, a part of what is said
    ("iam-no-wildcard", props(execution={"policy": policy(allow("s3:*", "arn:x"))}), "execution", "s3:*"),
    ("iam-no-wildcard", props(execution={"policy": policy(allow("*", "*"))}), "execution", "allows actions that AWS"),
    ("iam-no-wildcard", props(execution={"policy": policy(allow("ecs:RunTask", "*"))}), "execution", "every resource"),
    ("iam-no-wildcard", props(execution={"policy": policy(allow(["ecs:RunTask"], ["*"]))}), "execution", "ecs:RunTask"),
    (
        "iam-no-wildcard",
        props(execution={"policy": policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:x"})}),
        "execution",
        "NotAction",
    ),
    ("iam-pass-role", props(passing={"policy": policy(allow("iam:PassRole", "*"))}), "passing", "pass * to"),
    (
        "iam-pass-role",
        props(passing={"policy": policy(allow("iam:PassRole", "arn:aws:iam::1:role/*"))}),
        "passing",
        "may pass",
    ),
    (
        "iam-pass-role",
        props(passing={"policy": policy(allow("iam:PassRole", "arn:aws:iam::1:role/a"))}),
        "passing",
        "which",
    ),
    ("iam-trust", props(task_role={"assumeRolePolicy": trust("*")}), "task-role", "anybody"),
    ("iam-trust", props(task_role={"assumeRolePolicy": trust({"AWS": "*"})}), "task-role", "anybody"),
    (
        "iam-trust",
        props(task_role={"assumeRolePolicy": trust({"Service": "ecs-tasks.amazonaws.com"})}),
        "task-role",
        "another account",
    ),
    ("iam-trust", props(deploy_role={"assumeRolePolicy": trust(GITHUB)}), "deploy-role", "every repository"),
    ("iam-trust", props(deploy_role={"assumeRolePolicy": trust(GITHUB)}), "deploy-role", "another audience"),
    ("iam-trust", subject("repo:shop/*:environment:prod"), "deploy-role", "more than one repository"),
    ("iam-trust", subject("repo:shop/shop:*"), "deploy-role", "more than one"),
    (
        "iam-no-broad-managed-policy",
        props(task_role={"managedPolicyArns": [ADMINISTRATOR]}),
        "task-role",
        "Administrator",
    ),
    (
        "iam-no-broad-managed-policy",
        extra("aws:iam:RolePolicyAttachment", policyArn=ADMINISTRATOR),
        "extra",
        "far more",
    ),
    ("public-ingress", extra(INGRESS, {"securityGroupId": ["tasks"]}, **OPEN), "extra", "not a load balancer"),
    ("public-ingress", extra(INGRESS, {}, cidrIpv6="::/0", fromPort=443, toPort=443), "extra", "not a load balancer"),
    ("public-ingress", extra(INGRESS, {"securityGroupId": ["front"]}, **OPEN), "extra", "5432 to 5432"),
    (
        "public-ingress",
        extra("aws:ec2:SecurityGroupRule", {"securityGroupId": ["tasks"]}, type="ingress", cidrBlocks=["0.0.0.0/0"]),
        "extra",
        "not a load balancer",
    ),
    ("public-ingress", props(tasks={"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]}), "tasks", "not a load balancer"),
    ("https", props(redirect={"defaultActions": [{"type": "forward"}]}), "redirect", "over HTTP"),
    ("https", props(https={"sslPolicy": "ELBSecurityPolicy-2016-08"}), "https", "older than 1.2"),
    ("private-tasks", props(service={"networkConfiguration": {"assignPublicIp": True}}), "service", "public addresses"),
    ("load-balancer", props(balancer={"enableDeletionProtection": False}), "balancer", "deleted"),
    ("load-balancer", props(balancer={"dropInvalidHeaderFields": None}), "balancer", "malformed"),
    ("load-balancer", props(balancer={"subnets": ["a"]}), "balancer", "one zone"),
    ("waf", {"without": "guarded"}, "balancer", "no firewall"),
    ("waf", props(acl={"rules": [{"name": "a", "overrideAction": {"count": {}}}]}), "acl", "blocks nothing"),
    ("access-logs", props(balancer={"accessLogs": None}), "balancer", "logs no requests"),
    ("access-logs", props(balancer={"accessLogs": {"enabled": False, "bucket": "a"}}), "balancer", "logs no requests"),
    ("flow-logs", {"without": "flow"}, "network", "no flow log"),
    ("default-security-group", {"without": "default-group"}, "network", "default security group"),
    ("bucket-private", {"without": "closed"}, "traffic", "opened to the public"),
    ("bucket-private", props(closed={"restrictPublicBuckets": False}), "traffic", "opened to the public"),
    ("container-insights", props(cluster={"settings": None}), "cluster", "no task metrics"),
    ("encrypted-at-rest", props(database={"storageEncrypted": None}), "database", "storageEncrypted"),
    ("encrypted-at-rest", extra("aws:efs:FileSystem"), "extra", "encrypted"),
    ("database-private", props(database={"publiclyAccessible": True}), "database", "publiclyAccessible"),
    ("database-password", props(database={"password": "plain"}), "database", "state"),
    ("database-password", props(database={"manageMasterUserPassword": None}), "database", "state"),
    (
        "database-tls",
        props(parameters={"parameters": [{"name": "rds.force_ssl", "value": "0"}]}),
        "database",
        "force_ssl",
    ),
    ("database-tls", {"needs": {"database": {"parameterGroupName": []}}}, "database", "force_ssl"),
    ("database-multi-az", props(database={"multiAz": False}), "database", "zone"),
    ("database-backups", props(database={"backupRetentionPeriod": 1}), "database", "7 days"),
    ("database-backups", props(database={"backupRetentionPeriod": None}), "database", "7 days"),
    ("database-deletion-protection", props(database={"deletionProtection": False}), "database", "deletionProtection"),
    ("database-final-snapshot", props(database={"skipFinalSnapshot": True}), "database", "final snapshot"),
    ("database-final-snapshot", props(database={"finalSnapshotIdentifier": None}), "database", "final snapshot"),
    ("database-insights", props(database={"performanceInsightsEnabled": None}), "database", "Insights"),
    ("immutable-tags", props(repository={"imageTagMutability": "MUTABLE"}), "repository", "moved"),
    ("immutable-tags", props(repository={"imageScanningConfiguration": None}), "repository", "scanned"),
    ("image-lifecycle", {"without": "lifecycle"}, "repository", "for ever"),
    ("images-kept", props(repository={"forceDelete": True}), "repository", "every release"),
    ("secret-recovery", props(secret={"recoveryWindowInDays": 0}), "secret", "7 days"),
    ("log-retention", props(logs={"retentionInDays": None}), "logs", "for ever"),
    ("log-days", props(logs={"retentionInDays": 3}), "logs", "14 days"),
    ("gate", {"needs": {"service": {"taskDefinition": ["definition"]}}}, "service", "skips the migrations"),
    ("gate", {"needs": {"rollout": {"taskDefinition": ["definition"]}}}, "rollout", "did not pass"),
    ("gate", {"ignored": IGNORED | {"service": ["loadBalancers"]}}, "service", "not only Rollout"),
    ("image-by-digest", props(definition={"containerDefinitions": container(image="shop:1")}), "definition", "shop:1"),
    (
        "no-plain-secrets",
        props(definition={"containerDefinitions": container(environment=[{"name": "DB_PASSWORD", "value": "x"}])}),
        "definition",
        "DB_PASSWORD",
    ),
    (
        "restrained-containers",
        props(definition={"containerDefinitions": container(privileged=True)}),
        "definition",
        "privileged",
    ),
    (
        "restrained-containers",
        props(definition={"containerDefinitions": container(logConfiguration=None)}),
        "definition",
        "no log configuration",
    ),
    *(
        ("isolated-containers", props(definition={"containerDefinitions": container(**change)}), "definition", said)
        for change, said in (
            ({"readonlyRootFilesystem": False}, "whole file system"),
            ({"readonlyRootFilesystem": None}, "whole file system"),
            ({"linuxParameters": None}, "keeps all capabilities"),
            ({"linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": []}}}, "keeps all"),
            (
                {"linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"], "add": ["KILL"]}}},
                "is given the capabilities KILL",
            ),
            ({"linuxParameters": {"capabilities": {"drop": ["ALL"]}}}, "no init process"),
            ({"user": "root"}, "runs as root"),
            ({"user": "0:10001"}, "runs as root"),
        )
    ),
    ("no-host-volumes", props(definition={"volumes": [{"name": "v", "hostPath": "/"}]}), "definition", "folder of the"),
    (
        "no-host-volumes",
        props(definition={"volumes": [{"name": "v", "dockerVolumeConfiguration": {"scope": "shared"}}]}),
        "definition",
        "the volume v",
    ),
    (
        "tags",
        props(provider={"defaultTags": json.dumps({"tags": {"Project": "shop"}})}),
        "provider",
        "Stack, Environment",
    ),
    ("promoted-image", extra("docker:index:Image"), "extra", "builds"),
    ("image-scan", {"without": "scan"}, "gate", "known weaknesses"),
    ("image-scan", {"needs": {"gate": {"imageDigest": []}}}, "gate", "known weaknesses"),
    ("image-scan", props(scan={"severity": "off"}), "gate", "known weaknesses"),
    ("replicas", props(service={"desiredCount": 1}), "service", "1 tasks"),
    ("autoscaling", {"without": "scaling"}, "service", "nothing adds"),
    ("autoscaling", props(scaling={"minCapacity": 1}), "scaling", "down to 1"),
    (
        "rollback",
        props(service={"deploymentCircuitBreaker": {"enable": True, "rollback": False}}),
        "service",
        "for ever",
    ),
    ("rollback", props(service={"deploymentMinimumHealthyPercent": 50}), "service", "before as many"),
    ("health-check", props(targets={"healthCheck": None}), "targets", "no health check"),
    ("no-exec", props(service={"enableExecuteCommand": True}), "service", "shell"),
    ("snapshot-before-migrating", props(gate={"snapshot": None}), "gate", "without a snapshot"),
    ("snapshot-before-migrating", props(gate={"retain": False}), "gate", "forgets"),
    ("account", props(provider={"allowedAccountIds": None}), "provider", "any account"),
    ("alarms", {"without": "errors"}, "", "HTTPCode_Target_5XX_Count"),
    ("alarms", props(cpu={"namespace": "AWS/ECS"}), "", "the database's CPU"),
    ("failed-migration-alarm", {"without": "told"}, "", "migration task"),
    ("alarms-reach-someone", props(slow={"alarmActions": []}), "slow", "nobody"),
    ("alarms-reach-someone", {"without": "subscription"}, "topic", "no subscriber"),
    *STRATEGIES,
]


ALSO = {
    "iam-no-wildcard": {"iam-pass-role", "iam-no-escalation"},
    "iam-pass-role": {"iam-no-wildcard"},
    "log-retention": {"log-days"},
    "tags": {"environment"},
}
"""Rules whose breach is one of another rule's, too."""


def found(rule: str, judged: StackGraph) -> list[Violation]:
    [one] = [one for one in RULES if one.name == rule]
    return one.judge(judged)


def test_nothing_is_wrong_with_a_stack_as_it_should_be() -> None:
    assert [finding for verdict in judge(stack()) for finding in verdict.findings] == []


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_every_strategy_can_be_right(change: dict[str, Any]) -> None:
    assert [finding for verdict in judge(stack(**change)) for finding in verdict.findings] == []


@pytest.mark.parametrize(("rule", "change", "about", "said"), CASES, ids=[f"{case[0]}: {case[3]}" for case in CASES])
def test_a_breach_is_found(rule: str, change: dict[str, Any], about: str, said: str) -> None:
    texts = [finding.text for finding in found(rule, stack(**change)) if (finding.about or "") == about]
    assert any(said in text for text in texts), texts


@pytest.mark.parametrize(
    ("rule", "change"), [case[:2] for case in CASES], ids=[f"{case[0]}: {case[3]}" for case in CASES]
)
def test_a_breach_is_one_rules_business(rule: str, change: dict[str, Any]) -> None:
    others = {one.rule.name for one in judge(stack(**change)) if one.findings} - {rule}
    assert others <= ALSO.get(rule, set())


def test_every_rule_has_a_breach_to_find() -> None:
    assert {rule.name for rule in RULES} == {case[0] for case in CASES} | {way.rule for way in WAYS}
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_the_review_names_every_rule_and_no_other() -> None:
    page = (Path(__file__).parents[3] / "docs" / "readiness.md").read_text(encoding="utf-8")
    named = {
        name
        for line in page.splitlines()
        for part in re.findall(r"Rules? ([^|;]*)", line)
        for name in re.findall(r"`([a-z-]+)`", part)
    }
    assert named == {rule.name for rule in RULES}


@pytest.mark.parametrize("said", ["repo:shop/shop:ref:refs/heads/main", "repo:shop@1/shop@2:environment:prod"])
def test_one_repositorys_branch_or_environment_may_take_a_role(said: str) -> None:
    assert found("iam-trust", stack(**subject(said))) == []


def test_what_a_deny_names_is_not_allowed() -> None:
    denied = policy({"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert found("iam-no-wildcard", stack(**props(execution={"policy": denied}))) == []


class TestScope:
    """What stops a deployment, and where."""

    def test_production_keeps_to_every_rule(self) -> None:
        assert all(verdict.mandatory for verdict in judge(stack()))

    def test_a_stack_that_does_not_say_what_it_is_for_is_production(self) -> None:
        assert environment(stack(without="provider")) == "prod"

    def test_other_stacks_are_told_of_what_production_would_refuse(self) -> None:
        tags = json.dumps({"tags": {"Project": "a", "Stack": "b", "Environment": "staging"}})
        judged = judge(stack(**props(provider={"defaultTags": tags}, database={"multiAz": False, "password": "x"})))
        assert {verdict.rule.name: verdict.stops for verdict in judged if verdict.findings} == {
            "database-multi-az": False,
            "database-password": True,
        }

    def test_access_is_the_same_everywhere(self) -> None:
        assert {rule.scope for rule in CHAPTERS["Access"]} == {RuleScope.EVERYWHERE}


def test_a_rule_judges_resources_or_the_stack() -> None:
    with pytest.raises(ValueError, match="either"):
        PolicyRule("both", "says", "remedy", RuleScope.EVERYWHERE)


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("aws:rds/instance:Instance", "aws:rds:Instance"),
        ("docker:index/image:Image", "docker:index:Image"),
        ("gate:index:Rollout", "gate:index:Rollout"),
        ("pulumi:providers:aws", "pulumi:providers:aws"),
        ("sluice:components:Database", "sluice:components:Database"),
    ],
)
def test_types_are_known_without_their_file(written: str, short: str) -> None:
    assert token(written) == short


def test_an_action_that_knows_no_resource_has_a_reason_and_others_have_none() -> None:
    def texts(*actions: str) -> list[str]:
        judged = stack(**props(execution={"policy": policy(allow(list(actions), "*"))}))
        return [finding.text for finding in found("iam-no-wildcard", judged)]

    assert texts("ecr:GetAuthorizationToken", "ssmmessages:OpenDataChannel") == []
    assert len(texts("ec2:Describe*", "ec2:Create*", "ecs:UpdateService")) == 3
