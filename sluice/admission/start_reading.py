"""Reads everything that tasks need to start: in parallel, each resource once. Changes nothing.

IAM: ecs:DescribeTaskDefinition on ``*``, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the images' repositories,
secretsmanager:DescribeSecret on the secrets, ssm:GetParameters on the parameters (names only, without decryption),
kms:DescribeKey on the secrets' own keys, logs:DescribeLogGroups on ``*``, iam:GetRole and iam:SimulatePrincipalPolicy
on the tasks' roles, as for `listeners`; secretsmanager:GetSecretValue on the secrets whose JSON keys are checked; for
`sluice preflight`: ec2:DescribeSecurityGroups and ec2:DescribeSubnets on ``*``. Without a permission, the resource is
reported as unread.

A stack with two task definitions of steps costs 12 calls (tests/unit/sluice/admission/test_start_admission.py counts
them); every further secret, task definition or image costs one or two more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sluice.admission.secret_reading import described, read
from sluice.admission.secret_reference import MANAGED, READING, Reference
from sluice.admission.start_facts import Decision, KmsKey, Role, Secret, StartFacts
from sluice.admission.start_requirements import Requirements, absent
from sluice.aws.answer import answered
from sluice.aws.found import Absent, Present, Unread
from sluice.aws.listeners import forwarded
from sluice.aws.session import Clients
from sluice.aws.trust import trusts_tasks
from sluice.clock import Clock
from sluice.image import image_source
from sluice.image.image_source import Fetch

WORKERS = 12
PAUSES = (1.0, 2.0)
"""Seconds before a missing resource is read again: IAM, SSM and Secrets Manager are eventually consistent
("Changes that I make are not always immediately visible" in the IAM user guide)."""

PARAMETERS, GROUPS_AT_ONCE = 5, 50
"""Names per call: GetParameters accepts ten, and a parameter can have two; DescribeLogGroups returns fifty groups."""


@dataclass(frozen=True)
class Reader:
    """Reads the requirements from AWS.

    Attributes:
        clients: of the account that runs the tasks.
        thorough: read every secret's value, to check its JSON keys, and every role's trust policy. A run does not.
        opened: the references whose secret's value is read anyway, if they name a key of its JSON.
        fetch: fetches a configuration's blob; None: over HTTP.
    """

    clients: Clients
    thorough: bool = False
    opened: Collection[Reference] = ()
    fetch: Fetch | None = None

    def definitions(
        self, arns: Collection[str], read: Mapping[str, Mapping[str, Any]] | None = None
    ) -> dict[str, Mapping[str, Any] | Absent | Unread]:
        """Return task definitions by ARN; one that is not ACTIVE is absent, because no task can start from it.

        Args:
            read: those that the caller has just read.
        """
        ecs, known = self.clients["ecs"], read or {}

        def one(arn: str) -> Mapping[str, Any] | Absent:
            found = known.get(arn) or ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            status = found.get("status", "ACTIVE")
            return found if status == "ACTIVE" else Absent(f"it is {status}", final=True)

        with ThreadPoolExecutor(WORKERS) as pool:
            asked = {arn: pool.submit(answered, one, arn) for arn in dict.fromkeys(arns)}
            return {arn: answer.result() for arn, answer in asked.items()}

    def read(self, wanted: Requirements, clock: Clock | None = None) -> StartFacts:
        """Read all requirements.

        Args:
            clock: waits before a missing resource is read again; None: everything is read once.

        Raises:
            ClientError: the credentials have expired.
        """
        facts = self._once(wanted)
        for pause in PAUSES if clock else ():
            again = absent(wanted, facts)
            if clock is None or again == Requirements() or clock.halted():
                break
            clock.wait(pause)
            facts = facts.merged(self._once(again))
        return facts

    def _once(self, wanted: Requirements) -> StartFacts:
        with ThreadPoolExecutor(WORKERS) as pool:
            secrets_of = _by_name(wanted.references)
            parameters = sorted({one.name for one in wanted.references if one.kind == "parameter"})
            images = {one: pool.submit(answered, self._image, one[0], one[1]) for one in wanted.images}
            secrets = {
                name: pool.submit(answered, self._secret, name, references)
                for name, references in secrets_of.items()
                if f":secret:{MANAGED}" not in name or self.thorough
            }
            batches = [parameters[at : at + PARAMETERS] for at in range(0, len(parameters), PARAMETERS)]
            named = [(batch, pool.submit(answered, self._parameters, batch)) for batch in batches]
            groups = pool.submit(self._log_groups, sorted(wanted.log_groups)) if wanted.log_groups else None
            reading = {
                role: pool.submit(answered, self._may_read, role, references)
                for role, references in wanted.execution_roles.items()
                if references
            }
            others = {*wanted.task_roles, *wanted.execution_roles} - (set() if self.thorough else reading.keys())
            roles = {role: pool.submit(answered, self._role, role) for role in sorted(others)}
            network = {one: pool.submit(answered, self._in_network, one) for one in wanted.network}
            elb = self.clients["elbv2"] if wanted.target_groups else None
            forwarding = {
                one: pool.submit(answered, forwarded, elb, one, wanted.target_groups) for one in wanted.target_groups
            }
            described = _results(secrets)
            own = {found.key for found in described.values() if isinstance(found, Secret) and found.key}
            keys = _results({key: pool.submit(answered, self._key, key) for key in sorted(own)})
            known, decided = _roles_of(_results(reading), wanted.execution_roles)
            return StartFacts(
                images=_results(images),
                secrets=described,
                parameters=_each(named),
                keys=keys,
                log_groups=groups.result() if groups else {},
                roles={**known, **_results(roles)},
                reading=decided,
                network=_results(network),
                forwarded=_results(forwarding),
            )

    def _image(self, image: str, platform: str) -> Any:
        return image_source.configuration(self.clients, image, platform, self.fetch)

    def _secret(self, arn: str, references: Sequence[Reference]) -> Secret | Absent:
        manager = self.clients.in_region("secretsmanager", arn.split(":")[3])
        if self.thorough:
            return described(manager, arn, references)
        return read(manager, arn, [one for one in references if one.key and one in self.opened])

    def _parameters(self, names: Sequence[str]) -> dict[str, Present | Absent]:
        # The ARN of a top-level parameter does not show whether its name begins with a slash, so both are read.
        forms = {name: {name, name.removeprefix("/") if name.rfind("/") == 0 else name} for name in names}
        asked = sorted({form for both in forms.values() for form in both})
        answer = self.clients["ssm"].get_parameters(Names=asked, WithDecryption=False)
        found = {f"{one['Name']}{one.get('Selector') or ''}" for one in answer.get("Parameters") or []}
        return {name: Present() if both & found else Absent() for name, both in forms.items()}

    def _key(self, key: str) -> KmsKey:
        return KmsKey(str(self.clients["kms"].describe_key(KeyId=key)["KeyMetadata"]["KeyState"]))

    def _log_groups(self, names: Sequence[str]) -> dict[str, Present | Absent | Unread]:
        """Return log groups: by the common path of their names, or each by its name where that answer is truncated."""
        common = _folder(names)

        def listed(prefix: str) -> tuple[set[str], bool]:
            answer = self.clients["logs"].describe_log_groups(logGroupNamePrefix=prefix, limit=GROUPS_AT_ONCE)
            return {str(one["logGroupName"]) for one in answer["logGroups"]}, "nextToken" in answer

        if len(names) > 1 and common:
            answer = answered(listed, common)
            if isinstance(answer, Absent | Unread):
                return dict.fromkeys(names, answer)
            found, cut = answer
            if not cut:
                return {name: Present() if name in found else Absent() for name in names}
        alone: dict[str, Present | Absent | Unread] = {}
        for name in names:
            answer = answered(listed, name)
            if isinstance(answer, Absent | Unread):
                alone[name] = answer
            else:
                alone[name] = Present() if name in answer[0] else Absent()
        return alone

    def _role(self, arn: str) -> Role:
        return Role(trusts_tasks(self.clients["iam"].get_role(RoleName=arn.rpartition("/")[2])["Role"]))

    def _may_read(self, role: str, references: Sequence[Reference]) -> dict[tuple[str, str], Decision]:
        """Return the decisions of IAM's simulator, which ignores the policies of the secrets themselves."""
        decisions: dict[tuple[str, str], Decision] = {}
        region = str(self.clients["ssm"].meta.region_name)
        arns = {one.name: _arn(one, role, region) for one in references}
        answer = self.clients["iam"].simulate_principal_policy(
            PolicySourceArn=role,
            ActionNames=sorted({READING[one.kind] for one in references}),
            ResourceArns=sorted(set(arns.values())),
        )
        said: dict[tuple[str, str], Decision] = {}
        for one in answer["EvaluationResults"]:
            action = str(one["EvalActionName"])
            said[action, str(one.get("EvalResourceName") or "*")] = one["EvalDecision"]
            for each in one.get("ResourceSpecificResults") or []:
                said[action, str(each["EvalResourceName"])] = each["EvalResourceDecision"]
        for one in references:
            if decision := said.get((READING[one.kind], arns[one.name])):
                decisions[role, one.name] = decision
        return decisions

    def _in_network(self, one: str) -> Present:
        ec2 = self.clients["ec2"]
        if one.startswith("sg-"):
            ec2.describe_security_groups(GroupIds=[one])
        else:
            ec2.describe_subnets(SubnetIds=[one])
        return Present()


def _arn(one: Reference, role: str, region: str) -> str:
    """Return the ARN of a reference; a parameter given by name is in the tasks' own account and Region."""
    if one.kind == "secret":
        return one.name
    return f"{role.partition(':iam:')[0]}:ssm:{region}:{role.split(':')[4]}:parameter/{one.name.lstrip('/')}"


def _folder(names: Sequence[str]) -> str:
    """Return the common path of the names, with `/` at its end; empty if it has fewer than two parts: too wide."""
    columns = zip(*(name.split("/")[:-1] for name in names), strict=False)
    common = [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
    return "/".join([*common, ""]) if sum(map(bool, common)) > 1 else ""


def _by_name(references: Sequence[Reference]) -> dict[str, list[Reference]]:
    """Return all references to each secret, by its ARN."""
    found: dict[str, list[Reference]] = {}
    for one in references:
        if one.kind == "secret":
            found.setdefault(one.name, []).append(one)
    return found


def _results(asked: Mapping[Any, Future[Any]]) -> dict[Any, Any]:
    return {one: future.result() for one, future in asked.items()}


def _each(batches: Sequence[tuple[Sequence[str], Future[Any]]]) -> dict[str, Present | Absent | Unread]:
    found: dict[str, Present | Absent | Unread] = {}
    for names, future in batches:
        answer = future.result()
        found |= answer if isinstance(answer, dict) else dict.fromkeys(names, answer)
    return found


def _roles_of(
    answers: Mapping[str, Any], wanted: Mapping[str, Sequence[Reference]]
) -> tuple[dict[str, Role | Absent | Unread], dict[tuple[str, str], Decision | Unread]]:
    """Return the roles, and the simulator's decisions for them; a simulated role exists."""
    roles: dict[str, Role | Absent | Unread] = {}
    reading: dict[tuple[str, str], Decision | Unread] = {}
    for role, answer in answers.items():
        if isinstance(answer, dict):
            roles[role] = Role()
            reading |= answer
        elif isinstance(answer, Absent):
            roles[role] = answer
        else:
            roles[role] = answer
            reading |= dict.fromkeys([(role, one.name) for one in wanted[role]], answer)
    return roles, reading
