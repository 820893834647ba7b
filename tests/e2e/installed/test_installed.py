"""The distribution in a clean environment: imported, run, and found on PATH by the engine for another program."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from emulator.cloud import emulator
from local import environment
from local.toolchain import environments, plan
from local.toolchain.process import ask
from tests.e2e.cloud.conftest import new_account

ROOT = Path(__file__).resolve().parents[3]
REGION = "eu-west-1"
PROGRAM = """
import os
import pulumi
from sluice import sdk as gate

aws = gate.Provider("aws", region=os.environ["AWS_REGION"], endpoint=os.environ["AWS_ENDPOINT_URL"])
secret = gate.GeneratedSecret(
    "user", secret_arn=os.environ["SECRET"], username="app", opts=pulumi.ResourceOptions(provider=aws)
)
pulumi.export("version", secret.version_id)
"""
PROJECT = "name: theirs\nruntime: python\n"


def run(*words: str | Path, cwd: Path, env: Mapping[str, str], seconds: int = 120) -> str:
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel and what it depends on, in the lock's versions, and no more."""
    folder = tmp_path_factory.mktemp("installed")
    place = environment.checkout(ROOT, os.environ)
    uv = environments.uv(place.cache, plan.uv_lock(place))
    locked = re.findall(r"^[\w.-]+==\S+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    (folder / "versions.txt").write_text("\n".join(locked))
    env = outside()
    run(uv, "build", "--wheel", "--offline", "--out-dir", folder, ROOT, cwd=folder, env=env)
    run(place.venv / "bin" / "python", "-m", "venv", folder / "venv", cwd=folder, env=env)
    [wheel] = folder.glob("*.whl")
    words: list[str | Path] = ["--python", folder / "venv/bin/python", "--constraint", folder / "versions.txt"]
    # The index that set-up used, so that its cache holds every package already.
    settings = ask([place.venv / "bin" / "python", "-m", "pip", "config", "list"]) or ""
    run(uv, "pip", "install", *words, wheel, cwd=folder, env=env | environments.index_settings(os.environ, settings))
    return folder / "venv"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    try:
        yield emulator.start(folder, None, new_account())
    finally:
        emulator.stop(folder)


def outside() -> dict[str, str]:
    """The environment of a shell that knows nothing of this project."""
    ours = ("PYTHON", "VIRTUAL_ENV", "SLUICE_", "PULUMI_", "AWS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def test_it_is_imported_from_the_wheel(clean: Path, tmp_path: Path) -> None:
    said = run(clean / "bin/python", "-c", "import sluice; print(sluice.__file__)", cwd=tmp_path, env=outside())
    assert Path(said.strip()).is_relative_to(clean)


def test_every_module_of_the_wheel_can_be_imported(clean: Path, tmp_path: Path) -> None:
    """Nothing of it needs the repository around it, or a package that the wheel does not ask for."""
    walk = (
        "import pkgutil, importlib, sluice\n"
        "found = [one.name for one in pkgutil.walk_packages(sluice.__path__, 'sluice.')]\n"
        "names = [name for name in found if '__main__' not in name]\n"
        "for name in names: importlib.import_module(name)\n"
        "print(len(names))"
    )
    assert int(run(clean / "bin/python", "-c", walk, cwd=tmp_path, env=outside())) > 100


def test_the_command_is_there(clean: Path, tmp_path: Path) -> None:
    said = run(clean / "bin/sluice", "--help", cwd=tmp_path, env=outside())
    assert all(verb in said for verb in ("run", "history", "status", "rollback", "preflight"))


def test_a_program_of_ten_lines_finds_the_provider_on_the_path(
    clean: Path, cloud: emulator.Cloud, tmp_path: Path
) -> None:
    keys = {"aws_access_key_id": cloud.account, "aws_secret_access_key": cloud.secret()}
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=cloud.endpoint, **keys)
    arn = client.create_secret(Name="theirs")["ARN"]
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    (tmp_path / "__main__.py").write_text(PROGRAM)
    (tmp_path / "state").mkdir()
    # The CLI of this checkout, and its language host, which takes the python3 of the PATH: the clean environment's.
    tools = environment.changes(environment.checkout(ROOT, os.environ), os.environ, cloud.endpoint)["PATH"]
    env = outside() | {
        "PATH": f"{clean / 'bin'}:{tools}",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": "theirs",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_ACCESS_KEY_ID": cloud.account,
        "AWS_SECRET_ACCESS_KEY": cloud.secret(),
        "SECRET": arn,
    }
    run("pulumi", "stack", "init", "dev", cwd=tmp_path, env=env)
    run("pulumi", "up", "--yes", "--skip-preview", cwd=tmp_path, env=env)
    put = client.get_secret_value(SecretId=arn)
    assert json.loads(put["SecretString"])["username"] == "app"
    assert len(json.loads(put["SecretString"])["password"]) == 40
    outputs = json.loads(run("pulumi", "stack", "output", "--json", cwd=tmp_path, env=env))
    assert outputs == {"version": put["VersionId"]}
    run("pulumi", "destroy", "--yes", "--skip-preview", cwd=tmp_path, env=env)
