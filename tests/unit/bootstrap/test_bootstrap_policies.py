"""The deployers' policies against IAM's limits and AWS's own reference of what its actions are decided on."""

from __future__ import annotations

import json
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from bootstrap.deployers import BOUNDARY, DEPLOY, PREVIEW
from bootstrap.scope import Scope, Upstream
from bootstrap.statement import ATTACHED, LIMIT, IamStatement, document
from infra import naming
from tests.unit.bootstrap import reference
from tests.unit.bootstrap.grants import LONGEST, SCOPE, statements

ROLES = ("deploy", "preview", "releases", "boundary")
ALL = [(role, one) for role in ROLES for one in statements(role, LONGEST)]
NAMED = [f"{role}-{one.sid}" for role, one in ALL]

POLICIES = {f"deploy-{name}": grant for name, grant in DEPLOY.items()} | {
    f"preview-{name}": grant for name, grant in PREVIEW.items()
}


def may(role: str, action: str, arn: str, scope: Scope = SCOPE) -> bool:
    """Whether any statement is about this action on this resource; conditions apart."""
    return any(
        any(fnmatchcase(action, pattern) for pattern in one.actions)
        and any(fnmatchcase(arn, pattern) for pattern in one.resources)
        for one in statements(role, scope)
    )


class TestLimits:
    """What IAM would refuse."""

    @pytest.mark.parametrize("scope", [SCOPE, LONGEST], ids=["ordinary", "longest"])
    @pytest.mark.parametrize("name", [*POLICIES, "boundary"])
    def test_a_policy_fits(self, name: str, scope: Scope) -> None:
        text = document((POLICIES | {"boundary": BOUNDARY})[name](scope))
        assert len("".join(text.split())) <= LIMIT, "split the subject: IAM takes no longer managed policy"

    def test_a_role_has_no_more_policies_than_it_may(self) -> None:
        assert max(len(DEPLOY), len(PREVIEW)) <= ATTACHED

    @pytest.mark.parametrize("name", [*POLICIES, "boundary"])
    def test_sids_are_letters_and_digits_and_unique(self, name: str) -> None:
        sids = [
            one["Sid"] for one in json.loads(document((POLICIES | {"boundary": BOUNDARY})[name](LONGEST)))["Statement"]
        ]
        assert len(sids) == len(set(sids))
        assert all(sid.isalnum() for sid in sids)


@pytest.mark.parametrize(("role", "one"), ALL, ids=NAMED)
class TestReference:
    """What IAM would take and silently never match."""

    def test_actions_exist(self, role: str, one: IamStatement) -> None:
        assert [action for action in one.actions if not reference.expanded(action)] == []

    def test_every_action_is_decided_on_a_resource_of_the_statement(self, role: str, one: IamStatement) -> None:
        for action in (name for pattern in one.actions for name in reference.expanded(pattern)):
            forms = reference.kinds(action)
            if not forms:
                assert list(one.resources) == ["*"], f"{action} supports no resource"
                continue
            found = [arn for arn in one.resources if any(reference.is_of(arn, form) for form in forms.values())]
            assert found, f"{action} is decided on {', '.join(forms.values())}"

    def test_every_resource_is_one_that_an_action_is_decided_on(self, role: str, one: IamStatement) -> None:
        actions = [name for pattern in one.actions for name in reference.expanded(pattern)]
        forms = {form for action in actions for form in reference.kinds(action).values()}
        idle = [arn for arn in one.resources if arn != "*" and not any(reference.is_of(arn, form) for form in forms)]
        assert idle == []

    def test_conditions_are_known_to_every_action(self, role: str, one: IamStatement) -> None:
        keys = {key for operator in one.conditions.values() for key in operator} - reference.ANYWHERE
        short = {key.partition("/")[0] + "/" if "/" in key else key for key in keys}
        for action in (name for pattern in one.actions for name in reference.expanded(pattern)):
            assert short <= reference.conditions(action), action

    def test_what_is_wide_has_a_reason(self, role: str, one: IamStatement) -> None:
        assert not one.wide or one.why, "say why it is about everything, or narrow it"


@pytest.mark.parametrize("role", ROLES)
def test_required_resources_are_all_granted(role: str) -> None:
    """An action that is decided on two resources needs both."""
    granted = statements(role)
    for action in sorted({name for one in granted for pattern in one.actions for name in reference.expanded(pattern)}):
        resources = [
            arn for one in granted if any(fnmatchcase(action, p) for p in one.actions) for arn in one.resources
        ]
        forms = reference.kinds(action)
        lacking = [
            sorted(either)
            for either in reference.required(action)
            if not any(reference.is_of(arn, forms[kind]) for kind in either for arn in resources)
        ]
        assert lacking == [], action


class TestPreview:
    """A preview of a pull request runs the pull request's code."""

    def test_it_changes_nothing(self) -> None:
        actions = {
            name for one in statements("preview") for pattern in one.actions for name in reference.expanded(pattern)
        }
        writing = {one for one in actions if reference.privilege(one)["access_level"] not in ("Read", "List")}
        assert writing <= {"kms:Decrypt"}, "the states' own key"

    @pytest.mark.parametrize("role", ["deploy", "preview"])
    def test_nobody_reads_the_master_users_password(self, role: str) -> None:
        for secret in ("rds!db-1-AbCdEf", "stripe-AbCdEf", "sluice-prod-app-1"):
            assert not may(role, "secretsmanager:GetSecretValue", SCOPE.arn("secretsmanager", f"secret:{secret}"))

    def test_it_reads_no_secrets_value(self) -> None:
        own = SCOPE.arn("secretsmanager", "secret:sluice-staging-app-1")
        assert not may("preview", "secretsmanager:GetSecretValue", own)
        assert may("deploy", "secretsmanager:GetSecretValue", own), "to keep a password while what is beside it changes"

    def test_the_deploy_role_looks_into_the_applications_secrets_only_where_it_is_told(self) -> None:
        """For the keys of their JSON, before anything runs."""
        secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:vendor-AbCdEf"
        named = replace(SCOPE, secrets=(secret,))
        assert not may("deploy", "secretsmanager:GetSecretValue", secret, named)
        told = replace(named, check_keys=True)
        assert may("deploy", "secretsmanager:GetSecretValue", secret, told)
        assert not may("preview", "secretsmanager:GetSecretValue", secret, told), "it runs a pull request's code"
        assert not may("deploy", "secretsmanager:PutSecretValue", secret, told)

    def test_it_reads_no_logs(self) -> None:
        assert not may("preview", "logs:GetLogEvents", SCOPE.arn("logs", "log-group:/sluice/sluice/staging/service:*"))


def test_other_accounts_read_what_was_released_and_nothing_else() -> None:
    [one] = statements("releases")
    assert list(one.actions) == ["ssm:GetParameter"]
    assert list(one.resources) == [SCOPE.arn("ssm", "parameter/sluice/sluice/staging/promotable")]


class TestDeploy:
    """What a deployer must not be able to do to free itself."""

    OWN = "arn:aws:iam::111122223333:role/sluice-bootstrap/sluice-staging-deploy"
    BOUNDARY = "arn:aws:iam::111122223333:policy/sluice-bootstrap/sluice-staging-boundary"
    TASK = "arn:aws:iam::111122223333:role/sluice/staging/sluice-staging-service-task-1a2b3c4"

    @pytest.mark.parametrize(
        "action",
        ["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:PassRole"],
    )
    def test_it_changes_the_stacks_roles_and_not_itself(self, action: str) -> None:
        assert may("deploy", action, self.TASK)
        assert not may("deploy", action, self.OWN)
        assert not may("deploy", action, self.TASK.replace("/staging/", "/prod/"))

    @pytest.mark.parametrize("action", ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicy"])
    def test_it_cannot_widen_the_boundary(self, action: str) -> None:
        assert not may("deploy", action, self.BOUNDARY)

    def test_it_cannot_take_the_boundary_off(self) -> None:
        assert not may("deploy", "iam:DeleteRolePermissionsBoundary", self.TASK)

    @pytest.mark.parametrize("action", ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"])
    def test_a_role_gets_rights_only_within_the_boundary(self, action: str) -> None:
        [one] = [one for one in statements("deploy") if action in one.actions]
        assert one.conditions == {"StringEquals": {"iam:PermissionsBoundary": self.BOUNDARY}}

    def test_roles_are_passed_to_ecs_alone(self) -> None:
        [one] = [one for one in statements("deploy") if "iam:PassRole" in one.actions]
        assert list(one.resources) == ["arn:aws:iam::111122223333:role/sluice/staging/*"]
        assert one.conditions == {
            "StringEquals": {"iam:PassedToService": ["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]}
        }

    @pytest.mark.parametrize(
        ("key", "writes"),
        [
            ("stacks/sluice/staging.json", True),
            ("locks/organization/sluice/staging/1a2b.json", True),
            ("history/sluice/staging/staging-1.history.json", True),
            ("stacks/sluice/prod.json", False),
            ("stacks/sluice/staging-eu.json", False),
            ("stacks/sluice-bootstrap/staging.json", False),
        ],
    )
    def test_it_writes_its_own_state_alone(self, key: str, writes: bool) -> None:
        assert may("deploy", "s3:PutObject", f"arn:aws:s3:::{SCOPE.bucket}/.pulumi/{key}") is writes

    @pytest.mark.parametrize("role", ["deploy", "preview"])
    def test_of_the_stack_that_it_promotes_from_it_reads_the_release_alone(self, role: str) -> None:
        reader = "arn:aws-us-gov:iam::444455556666:role/{0}-bootstrap/{1}"
        theirs = naming.releases_role(LONGEST.project, "a-stack-that-releases-for-it").rpartition("/")[2]
        assert may(role, "sts:AssumeRole", reader.format(LONGEST.project, theirs), LONGEST)
        assert not may(role, "sts:AssumeRole", reader.format(LONGEST.project, "another-releases"), LONGEST)
        assert not may(role, "sts:AssumeRole", reader.format(LONGEST.project, theirs)), "where nothing is promoted"
        for key in ("stacks/sluice/staging.json", "history/sluice/staging/1.json"):
            own = replace(SCOPE, stack="prod", upstream=Upstream("staging"))
            assert not may(role, "s3:GetObject", f"arn:aws:s3:::{SCOPE.bucket}/.pulumi/{key}", own)

    def test_in_one_account_it_reads_one_parameter(self) -> None:
        prod = replace(SCOPE, stack="prod", upstream=Upstream("staging"))
        assert may("deploy", "ssm:GetParameter", SCOPE.arn("ssm", "parameter/sluice/sluice/staging/promotable"), prod)
        assert not may("deploy", "ssm:GetParameter", SCOPE.arn("ssm", "parameter/sluice/sluice/staging/rollout"), prod)

    def test_what_is_not_the_stacks_is_used_only_where_it_is_named(self) -> None:
        cluster = "arn:aws:ecs:ap-southeast-1:111122223333:service/the-cluster-that-all-teams-share/{}-1a2b3c4"
        cluster = cluster.format(LONGEST.name).replace("arn:aws:", "arn:aws-us-gov:")
        assert may("deploy", "ecs:UpdateService", cluster, LONGEST)
        assert not may("deploy", "ecs:UpdateService", cluster.replace("the-cluster-that-all-teams-share", "x"), LONGEST)

    @pytest.mark.parametrize(
        "action",
        ["ec2:AuthorizeSecurityGroupIngress", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupIngress"],
    )
    def test_an_existing_databases_security_group_is_opened_only_where_it_is_named(self, action: str) -> None:
        """It carries none of the stack's tags, so nothing that asks for them may be what grants it."""

        def untagged(scope: Scope) -> set[str]:
            found = [one for one in statements("deploy", scope) if action in one.actions and not one.conditions]
            return {arn for one in found for arn in one.resources}

        assert untagged(LONGEST) == {"arn:aws:ec2:ap-southeast-1:111122223333:security-group/sg-0123456789abcdef0"}
        assert untagged(SCOPE) == set()

    def test_another_stacks_repository_is_tagged_only_where_it_is_named(self) -> None:
        theirs = "arn:aws:ecr:ap-southeast-1:444455556666:repository/sluice-staging-1a2b3c4"
        assert may("deploy", "ecr:PutImage", theirs, LONGEST)
        assert not may("deploy", "ecr:PutImage", theirs)
        assert not may("deploy", "ecr:DeleteRepository", theirs, LONGEST)
