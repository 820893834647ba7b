"""Whether a run may begin: every refusal and warning over a whole AWS, its calls counted, and none for nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sluice.admission import start_reading
from sluice.admission.start_admission import AdmissionSubject, NotReady, examine, refuse
from sluice.errors import NotPrepared
from sluice.finding import Finding
from sluice.image import image_source
from sluice.inputs.step import Step
from sluice.protocol.resource import Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider import migration_run
from sluice.provider import start_admission as engine
from sluice.provider.migration_run import MigrationRun
from tests.unit.sluice.admission.start_cloud import (
    APP,
    GROUP,
    IMAGE,
    KEY,
    REPOSITORY,
    Cloud,
    blob,
    definition,
    role,
    secret,
)
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.provider.resources import RUN, Lines, call, no_account, run

STEPS = (
    Step(
        "bootstrap",
        ("python", "/app/migrate.py", "bootstrap"),
        task_definition="arn:td/shop-bootstrap:3",
        container="bootstrap",
    ),
    Step("schema", ("python", "/app/migrate.py", "up")),
)
KEYED = f"{APP}:password::"
SUBJECT = AdmissionSubject("arn:td/shop-service:3", "arn:td/shop-migration:3", "migration", STEPS, [KEYED], [GROUP])
"""The master user's and the owner's passwords are the program's own: only what the settings name is opened."""


@pytest.fixture(autouse=True)
def fetched(monkeypatch: pytest.MonkeyPatch) -> Callable[[Cloud], None]:
    def from_(cloud: Cloud) -> None:
        monkeypatch.setattr(image_source, "fetched", cloud.fetch)

    return from_


def look(cloud: Cloud, fetched: Callable[[Cloud], None], clock: Clock | None = None) -> list[Finding]:
    fetched(cloud)
    return examine(cloud, SUBJECT, clock or Clock())  # type: ignore[arg-type]


def test_a_version_that_can_start_costs_twelve_calls(fetched: Callable[[Cloud], None]) -> None:
    """And one GET of a few kilobytes. The secret of the master user is RDS's own: nobody else can delete it. The run
    has read the task definitions of its steps itself."""
    cloud = Cloud()
    fetched(cloud)
    known = {arn: one for arn, one in cloud.definitions.items() if "service" not in arn}
    found = examine(cloud, SUBJECT, Clock(), known)  # type: ignore[arg-type]
    assert [one for one in found if one.result != "passed"] == []
    assert sorted(one for one in cloud.calls if one != "GET") == sorted(
        ["describe_task_definition"]
        + ["batch_get_image", "get_download_url_for_layer"]
        + ["describe_secret"]
        + ["get_secret_value"]
        + ["describe_target_groups", "describe_listeners"]
        + ["describe_log_groups"]
        + ["simulate_principal_policy"] * 3
        + ["get_role"]
    )
    assert len(cloud.calls) - cloud.calls.count("GET") == 12
    assert cloud.calls.count("GET") == 1
    unseen = [str(one) for one in found if "was not checked" in one.what]
    assert unseen == [
        "secret shop-owner-AbCdEf, key password: its key 'password' was not checked, because values are not read here"
    ]
    refuse(found, "Nothing was done.")


def test_an_inactive_revision_that_the_run_has_read_is_refused(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud()
    fetched(cloud)
    arn = "arn:td/shop-migration:3"
    found = examine(cloud, SUBJECT, Clock(), {arn: cloud.definitions[arn] | {"status": "INACTIVE"}})  # type: ignore[arg-type]
    with pytest.raises(NotReady, match="task definition shop-migration:3: it is INACTIVE"):
        refuse(found, "")


def test_a_value_of_another_secret_proves_nothing(fetched: Callable[[Cloud], None]) -> None:
    """Secrets Manager completes an ARN without its suffix; ECS's permissions do not."""
    cloud = Cloud()
    short = secret("shop-app")
    serving(f"{short}:password::")(cloud)
    fetched(cloud)
    found = examine(cloud, replace(SUBJECT, keyed=[f"{short}:password::"]), Clock())  # type: ignore[arg-type]
    assert cloud.calls.count("get_secret_value") == 1
    with pytest.raises(NotReady, match="is not the full ARN"):
        refuse(found, "")


def serving(*secrets: str, **more: Any) -> Callable[[Cloud], None]:
    def change(cloud: Cloud) -> None:
        cloud.definitions["arn:td/shop-service:3"] = definition("service", *secrets, **more)

    return change


def image(**config: Any) -> Callable[[Cloud], None]:
    def change(cloud: Cloud) -> None:
        cloud.image = blob(**config)

    return change


def having(**members: Any) -> Callable[[Cloud], None]:
    def change(cloud: Cloud) -> None:
        for name, value in members.items():
            held = getattr(cloud, name)
            held.update(value) if hasattr(held, "update") else setattr(cloud, name, value)

    return change


def without(member: str, what: str) -> Callable[[Cloud], None]:
    def change(cloud: Cloud) -> None:
        held = getattr(cloud, member)
        held.remove(what) if isinstance(held, set) else held.pop(what)

    return change


WRONG: list[tuple[str, Callable[[Cloud], None], str, str]] = [
    # what, how, subject and reason, remedy
    ("C1", image(Entrypoint=["sh", "-c"]), "step 'schema' .*keeps only the first word", "exec form"),
    ("C2", image(Entrypoint=["sh", "-c", "exec python app.py"]), "step 'schema' .*ignores its arguments", "exec form"),
    (
        "C3",
        having(image={"architecture": "arm64"}),
        "built for linux/arm64, and its tasks run on linux/amd64",
        "--platform linux/amd64",
    ),
    (
        "C3, an index without the platform",
        having(index={"linux/arm64": "sha256:" + "b" * 64}),
        "built for linux/arm64, not for linux/amd64",
        "app.architecture",
    ),
    ("C6, no suffix", serving(secret("shop-secret")), f"is not the full ARN of a secret: {KEY} is", f"write {KEY}"),
    (
        "C6, no suffix, with a key",
        serving(f"{secret('shop-app')}:password::"),
        "is not the full ARN",
        f"write {APP}:password::",
    ),
    ("C6, no secret", serving(secret("gone-AbCdEf")), "secret gone-AbCdEf: does not exist", "create it"),
    (
        "a reference of no known form",
        serving(f"{APP}:password"),
        "not the ARN of a secret.*all three colons",
        "ARN:KEY::",
    ),
    (
        "a secret to be deleted",
        having(secrets={APP: {"DeletedDate": 1}}),
        "is scheduled for deletion",
        "restore-secret",
    ),
    (
        "a key that is off",
        having(secrets={APP: {"KmsKeyId": "k1"}}, keys={"k1": "Disabled"}),
        "KMS key k1, which is Disabled",
        "enable",
    ),
    ("a key that is gone", having(secrets={APP: {"KmsKeyId": "k1"}}), "KMS key k1, which does not exist", "enable"),
    ("a parameter that is not there", serving("/shop/flag"), "parameter /shop/flag: does not exist", "create it"),
    (
        "an explicit deny",
        having(decisions={APP: "explicitDeny"}),
        "role service-execution: is explicitly denied",
        "remove that Deny",
    ),
    ("no execution role", without("roles", "service-execution"), "role service-execution: does not exist", "--refresh"),
    ("no task role", without("roles", "service-task"), "role service-task: does not exist", "--refresh"),
    (
        "no log group",
        without("groups", "/sluice/shop/test/service"),
        "log group .*service: does not exist",
        "--refresh",
    ),
    (
        "no image",
        serving(f"{APP}:password::", image=f"{REPOSITORY}@sha256:{'0' * 64}"),
        "is not in the repository shop: Requested",
        "deploy an image",
    ),
    ("root", image(User=""), r"runs as root \(the service, step", '`app.user: "10001"`'),
    ("a key that is not in the secret", having(values={APP: '{"user": "u"}'}), "it has no key 'password'", "correct"),
    ("a key of what is no JSON", having(values={APP: "hunter2"}), "it is not JSON, but the task reads", "correct"),
    ("no listener", having(listening=False), "listener of shop: no listener forwards to the target", "--refresh"),
    (
        "an inactive revision",
        having(definitions={"arn:td/shop-service:3": {"status": "INACTIVE"}}),
        "task definition .*: it is INACTIVE",
        "deploy again",
    ),
]


@pytest.mark.parametrize(("change", "said", "fix"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_nothing_runs_for_a_version_that_could_not_start(
    fetched: Callable[[Cloud], None], change: Callable[[Cloud], None], said: str, fix: str
) -> None:
    cloud = Cloud()
    change(cloud)
    found = look(cloud, fetched)
    with pytest.raises(
        NotReady, match=rf"(?s)^not admitted: .*No step was run\.\n.*{said}".replace("$", r"\$")
    ) as reason:
        refuse(found, "No step was run.")
    assert isinstance(reason.value, NotPrepared), "the run's record is closed with its first line"
    assert all(part in str(reason.value) for part in ("    cause: ", "    fix: ", fix))


WARNED: list[tuple[str, Callable[[Cloud], None], str]] = [
    ("a script that cannot be seen through", image(Entrypoint=["/entrypoint.sh"]), "unknown whether it ends with"),
    (
        "no policy for a secret",
        having(decisions={APP: "implicitDeny"}),
        "no policy that lets it read the secret shop-app",
    ),
    (
        "secrets may not be described",
        having(denied={"describe_secret"}),
        "secret shop-owner.*not checked; access denied",
    ),
    (
        "roles may not be simulated",
        having(denied={"simulate_principal_policy"}),
        "whether it may read its secrets: not",
    ),
    ("roles may not be read", having(denied={"get_role"}), "role service-task: not checked"),
    ("groups may not be listed", having(denied={"describe_log_groups"}), "log group .*: not checked"),
    ("images may not be read", having(denied={"batch_get_image"}), "image sha256:a.*: not checked"),
    ("listeners may not be read", having(denied={"describe_listeners"}), "listener of shop: not checked"),
    ("layers may not be read", having(denied={"get_download_url_for_layer"}), "image sha256:a.*: not checked"),
    ("definitions may not be read", having(denied={"describe_task_definition"}), "task definition .*: not checked"),
    (
        "keys may not be read",
        having(secrets={APP: {"KmsKeyId": "k1"}}, denied={"describe_key", "get_secret_value"}),
        "its KMS key k1: not",
    ),
    ("an image of another registry", serving(image="docker.io/x/y@sha256:" + "c" * 64), "its registry is not ECR"),
]


@pytest.mark.parametrize(("change", "said"), [row[1:] for row in WARNED], ids=[row[0] for row in WARNED])
def test_what_is_only_said(fetched: Callable[[Cloud], None], change: Callable[[Cloud], None], said: str) -> None:
    """What may not be looked at is never a pass, and never a refusal."""
    cloud = Cloud()
    change(cloud)
    found = look(cloud, fetched)
    refuse(found, "")
    pattern = pytest.raises(AssertionError, match=said)
    with pattern:
        raise AssertionError("\n".join(str(one) for one in found if one.result in ("warning", "unread")))


PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/"
FINE: list[tuple[str, Callable[[Cloud], None]]] = [
    ("parameters by name, version and ARN", lambda cloud: (
        having(parameters={"flag", "/shop/flag"})(cloud),
        serving("flag", "flag:3", "/shop/flag", f"{PARAMETER}flag", f"{PARAMETER}shop/flag")(cloud),
    )[0]),
    ("a log group that is made at the start", lambda cloud: log(cloud, {"awslogs-create-group": "true"})),
    ("a log group of another Region", lambda cloud: log(cloud, {"awslogs-region": "us-east-1"})),
    ("logs that go elsewhere", serving(logConfiguration={"logDriver": "awsfirelens", "options": {"Name": "x"}})),
]  # fmt: skip


def log(cloud: Cloud, options: dict[str, str]) -> None:
    made = definition("service", f"{APP}:password::")
    made["taskDefinitionArn"] = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop-service:3"
    made["containerDefinitions"][0]["logConfiguration"]["options"] |= options
    cloud.definitions["arn:td/shop-service:3"] = made
    cloud.groups.discard("/sluice/shop/test/service")


@pytest.mark.parametrize("change", [row[1] for row in FINE], ids=[row[0] for row in FINE])
def test_what_is_fine(fetched: Callable[[Cloud], None], change: Callable[[Cloud], None]) -> None:
    cloud = Cloud()
    change(cloud)
    assert [str(one) for one in look(cloud, fetched) if one.result != "passed"] == []


@pytest.mark.parametrize(
    ("entrypoint", "result", "what"),
    [(["sh", "-c", "exec x"], "refused", "ignores its arguments"), (["/entrypoint.sh"], "warning", "it is unknown")],
)
def test_steps_that_lose_their_words_alike_are_one_finding(
    fetched: Callable[[Cloud], None], entrypoint: list[str], result: str, what: str
) -> None:
    [found] = [one for one in look(Cloud(image=blob(Entrypoint=entrypoint)), fetched) if one.result != "passed"]
    assert (found.result, what in found.what) == (result, True)
    one, two = (f"step '{step.name}' ({' '.join(step.command)})" for step in STEPS)
    assert found.subject == f"{one}, {two}"


def test_a_value_that_may_not_be_read_is_said_and_nothing_else(fetched: Callable[[Cloud], None]) -> None:
    """The deploy role reads the application's secrets only where `make bootstrap` was told so."""
    found = look(Cloud(denied={"get_secret_value"}), fetched)
    assert [one for one in found if one.result != "passed"] == []
    assert any("because these credentials may not read its value" in one.what for one in found)


def test_no_value_is_ever_part_of_a_finding(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(values={APP: '{"user": "hunter2"}'})
    assert "hunter2" not in "\n".join(map(str, look(cloud, fetched)))


def test_a_side_cars_image_may_come_from_a_pull_through_cache(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud()
    side = {"name": "agent", "image": f"{REPOSITORY}@sha256:{'0' * 64}"}
    cloud.definitions["arn:td/shop-migration:3"]["containerDefinitions"].append(side)
    [found] = [one for one in look(cloud, fetched) if one.result != "passed"]
    assert (found.result, "pull-through cache" in found.why) == ("warning", True)


def test_the_definitions_own_entrypoint_and_user_win(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(image=blob(Entrypoint=["sh", "-c"], User="root"))
    for kind in ("migration", "bootstrap", "service"):
        cloud.definitions[f"arn:td/shop-{kind}:3"]["containerDefinitions"][0] |= {"entryPoint": ["env"], "user": "app"}
    assert {one.result for one in look(cloud, fetched)} == {"passed"}
    cloud = Cloud()
    cloud.definitions["arn:td/shop-migration:3"]["containerDefinitions"][0]["entryPoint"] = ["sh", "-c"]
    with pytest.raises(NotReady, match=r"its task definition's entryPoint \[\"sh\", \"-c\"\] keeps only"):
        refuse(look(cloud, fetched), "")


def test_an_index_leads_to_the_platform_that_runs(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(index={"linux/arm64": "sha256:" + "b" * 64, "linux/amd64": "sha256:" + "c" * 64})
    assert {one.result for one in look(cloud, fetched)} == {"passed"}
    assert cloud.calls.count("batch_get_image") == 2


def test_a_configuration_that_came_back_altered_is_not_believed(
    fetched: Callable[[Cloud], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud()
    fetched(cloud)
    monkeypatch.setattr(image_source, "fetched", lambda address: cloud.config[:-1])
    found = examine(cloud, SUBJECT, Clock())  # type: ignore[arg-type]
    assert any(one.result == "unread" and "does not match its digest" in one.why for one in found)


def test_what_is_not_there_yet_is_asked_for_again(fetched: Callable[[Cloud], None]) -> None:
    """A role of a second ago: IAM may not know it everywhere yet."""
    clock = Clock()
    assert {one.result for one in look(Cloud(late={"service-task": 2}), fetched, clock)} == {"passed"}
    assert clock.elapsed == 3
    cloud, clock = Cloud(late={"service-task": 3}), Clock()
    with pytest.raises(NotReady, match="service-task: does not exist"):
        refuse(look(cloud, fetched, clock), "")
    assert cloud.calls.count("get_role") == 3, "and only that is asked for again"
    assert cloud.calls.count("describe_secret") == 1


INPUTS = RUN | {
    "taskDefinition": SUBJECT.task_definition,
    "serviceTaskDefinition": SUBJECT.service,
    "container": "migration",
    "imageDigest": IMAGE,
    "steps": [{"name": "schema", "command": ["python", "/app/migrate.py", "up"], "phase": "before"}],
    "serviceSecrets": {"KEY": KEY},
    "architecture": "X86_64",
}


def previewed(cloud: Cloud, **change: Any) -> Lines:
    lines = Lines()
    new = INPUTS | change
    run(MigrationRun(lambda: cloud).update(call(lines), "id", ResourceState(RUN, RUN), new))  # type: ignore[arg-type, return-value]
    return lines


def test_a_preview_looks_at_what_it_knows(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud()
    fetched(cloud)
    lines = previewed(cloud)
    assert [line for line in lines if line.startswith("warning")] == []
    assert sorted(cloud.calls) == ["GET", "batch_get_image", "describe_secret", "get_download_url_for_layer"]
    for change in ({"serviceSecrets": {"KEY": secret("shop-secret")}}, {"architecture": "ARM64"}):
        with pytest.raises(Refused, match=r"^not admitted: .*Nothing was changed\.\n"):
            previewed(cloud, **change)
    cloud.image = blob(Entrypoint=["sh", "-c"])
    with pytest.raises(Refused, match="keeps only the first word"):
        previewed(cloud)
    assert "get_secret_value" not in cloud.calls, "a preview may run a pull request's code: it reads no value"


def test_a_preview_of_what_is_not_built_yet_asks_for_the_secrets_alone(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(image=blob(Entrypoint=["sh", "-c"]))
    fetched(cloud)
    previewed(cloud, imageDigest=UNKNOWN, serviceTaskDefinition=UNKNOWN)
    assert cloud.calls == ["describe_secret"]


def test_a_preview_that_knows_nothing_asks_for_nothing() -> None:
    new = INPUTS | {"imageDigest": UNKNOWN, "serviceSecrets": None, "secrets": {"P": UNKNOWN}}
    lines = Lines()
    run(MigrationRun(no_account).update(call(lines), "id", ResourceState(RUN, RUN), new))
    assert [line for line in lines if line.startswith("warning")] == []


def test_nothing_is_asked_where_nothing_runs() -> None:
    """Neither in a preview nor in an update."""
    for preview in (True, False):
        resource = MigrationRun(no_account)
        run(resource.update(call(Lines(), preview), "id", ResourceState(INPUTS, INPUTS), INPUTS | {"retain": False}))
        assert not run(resource.diff(call(Lines(), preview), "id", ResourceState(INPUTS, INPUTS), dict(INPUTS))).changes


def test_a_run_looks_before_its_first_step_and_before_the_snapshot(
    fetched: Callable[[Cloud], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud(image=blob(Entrypoint=["sh", "-c"]))
    fetched(cloud)
    snapshots: list[object] = []
    monkeypatch.setattr(migration_run, "migrate", lambda *_, prepare, **__: prepare(None, {}))
    monkeypatch.setattr(migration_run, "Snapshot", lambda *_: snapshots.append)
    gate = MigrationRun(lambda: cloud)  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=r"^not admitted: .*keeps only the first word"):
        run(gate.create(call(Lines(), preview=False), INPUTS | {"snapshot": {"instance": "db"}}))
    assert snapshots == []


def test_the_look_asks_for_no_task_definition_that_the_run_has_read(
    fetched: Callable[[Cloud], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Cloud()
    fetched(cloud)
    read = {arn: one for arn, one in cloud.definitions.items() if "service" not in arn}
    monkeypatch.setattr(migration_run, "migrate", lambda *_, prepare, **__: prepare(None, read))
    gate = MigrationRun(lambda: cloud)  # type: ignore[arg-type, return-value]
    with pytest.raises(AttributeError):  # the stand-in has run nothing
        run(gate.create(call(Lines(), preview=False), INPUTS))
    assert cloud.calls.count("describe_task_definition") == 1, "the service's alone"


def test_the_run_itself_says_what_it_looked_at(fetched: Callable[[Cloud], None]) -> None:
    cloud, lines = Cloud(image=blob(Entrypoint=["/entrypoint.sh"])), Lines()
    fetched(cloud)
    engine.admit(call(lines), cloud, INPUTS, Clock())  # type: ignore[arg-type]
    assert any(line.startswith("warning: step 'schema'") and "Fix: make sure" in line for line in lines)
    assert lines[-1].startswith("info: admission: ")
    assert role("x").startswith("arn:aws:iam")


def test_a_rollback_is_not_refused_for_an_image_of_root(fetched: Callable[[Cloud], None]) -> None:
    """The earlier release served so; one that cannot start at all is refused here too."""
    cloud, lines = Cloud(image=blob(User="")), Lines()
    fetched(cloud)
    back = INPUTS | {"rollback": True}
    engine.admit(call(lines), cloud, back, Clock(), steps=False)  # type: ignore[arg-type]
    assert any(line.startswith("warning: image sha256:a") and "runs as root" in line for line in lines)
    with pytest.raises(NotReady, match="runs as root"):
        engine.admit(call(lines), cloud, INPUTS, Clock(), steps=False)  # type: ignore[arg-type]
    cloud.image["architecture"] = "arm64"
    with pytest.raises(NotReady, match="built for linux/arm64"):
        engine.admit(call(lines), cloud, back, Clock(), steps=False)  # type: ignore[arg-type]


LIVE = INPUTS | {"serviceTaskDefinition": "arn:td/shop-service:2"}
"""Of the update before: the same image and steps, and another revision of the service."""


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is absent is asked for once: the resource's own clock is the real one."""
    monkeypatch.setattr(start_reading, "PAUSES", ())


def let_through(cloud: Cloud, *, preview: bool = False, **change: Any) -> Lines:
    lines = Lines()
    gate = MigrationRun(lambda: cloud)  # type: ignore[arg-type, return-value]
    run(gate.update(call(lines, preview), "id", ResourceState(LIVE, LIVE), INPUTS | change))
    return lines


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("change", [{}, {"rollback": True}], ids=["another secret", "an earlier release"])
def test_a_new_revision_of_the_service_is_looked_at_although_no_step_runs(
    fetched: Callable[[Cloud], None], change: dict[str, Any]
) -> None:
    cloud = Cloud()
    fetched(cloud)
    lines = let_through(cloud, targetGroups=[GROUP], **change)
    assert lines[-1].startswith("info: admission: ")
    assert cloud.calls.count("describe_task_definition") == 1, "the service's alone"
    assert "describe_listeners" in cloud.calls
    serving(secret("gone-AbCdEf"))(cloud)
    with pytest.raises(Refused, match=r"^not admitted: secret gone-AbCdEf: does not exist\. No migration was run"):
        let_through(cloud, **change)
    cloud = Cloud(listening=False)
    fetched(cloud)
    with pytest.raises(Refused, match="no listener forwards to the target group"):
        let_through(cloud, targetGroups=[GROUP], **change)


def test_a_key_that_the_service_lacks_is_found_before_the_rollout(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(values={APP: '{"user": "u"}'})
    fetched(cloud)
    with pytest.raises(Refused, match=r"it has no key 'password': the task cannot start"):
        let_through(cloud, serviceSecrets={"P": KEYED})


def test_a_preview_of_it_looks_at_the_services_secrets_and_image(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(image=blob(Entrypoint=["sh", "-c"]))  # which is no matter where no step runs
    fetched(cloud)
    let_through(cloud, preview=True, serviceTaskDefinition=UNKNOWN)
    assert "describe_secret" in cloud.calls
    with pytest.raises(Refused, match=r"gone-AbCdEf: does not exist\. Nothing was changed"):
        let_through(cloud, preview=True, serviceTaskDefinition=UNKNOWN, serviceSecrets={"G": secret("gone-AbCdEf")})


@pytest.mark.usefixtures("impatient")
def test_a_refusal_of_the_service_is_told_to_the_topic(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud(listening=False)
    fetched(cloud)
    sent: list[dict[str, str]] = []
    cloud.publish = lambda **notice: sent.append(notice)  # type: ignore[attr-defined]
    with pytest.raises(Refused):
        let_through(cloud, targetGroups=[GROUP], topic="arn:aws:sns:eu-west-1:1:t")
    assert len(sent) == 1
    assert "rollout" in sent[0]["Subject"]


def test_after_steps_let_no_service_through(fetched: Callable[[Cloud], None]) -> None:
    cloud = Cloud()
    fetched(cloud)
    gate = MigrationRun(lambda: cloud)  # type: ignore[arg-type, return-value]
    old, new = ({**one, "phase": "after", "steps": [{**one["steps"][0], "phase": "after"}]} for one in (LIVE, INPUTS))
    run(gate.update(call(Lines(), preview=False), "id", ResourceState(old, old), new))
    assert cloud.calls == []


@pytest.mark.usefixtures("impatient")
def test_the_service_is_looked_at_where_the_steps_ran_before(
    fetched: Callable[[Cloud], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that the engine never heard of is taken for done, and its service's revision may be another one by now."""
    cloud = Cloud(listening=False)
    fetched(cloud)
    monkeypatch.setattr(migration_run, "migrate", lambda *_, **__: None)
    gate = MigrationRun(lambda: cloud)  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match="no listener forwards"):
        run(gate.create(call(Lines(), preview=False), INPUTS | {"targetGroups": [GROUP]}))


@pytest.mark.usefixtures("impatient")
def test_the_probe_of_a_snapshot_is_looked_at_too(fetched: Callable[[Cloud], None]) -> None:
    """An entrypoint that drops its words would exit 0: nothing pending, no snapshot."""
    cloud = Cloud()
    cloud.definitions["arn:td/shop-probe:1"] = definition("migration", secret("gone-AbCdEf"))
    fetched(cloud)
    snapshot = {"instance": "db", "pending": ["migrate", "pending"], "taskDefinition": "arn:td/shop-probe:1"}
    with pytest.raises(NotReady, match=r"gone-AbCdEf: does not exist.*\n.*\n    cause: step 'pending' cannot start"):
        engine.admit(call(Lines()), cloud, INPUTS | {"snapshot": snapshot}, Clock())  # type: ignore[arg-type]
