"""Ways to the images of the container registry."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
from pathlib import Path

from tests.e2e.cloud.attacks.target import IMAGE, Target, ask, docker


def images_without_login(target: Target) -> str | None:
    answer = ask(f"http://{target.registry}/v2/_catalog")
    return answer.body.decode().strip() if answer.status == 200 else None


def a_push_without_login(target: Target) -> str | None:
    answer = ask(f"http://{target.registry}/v2/attack/blobs/uploads/", "POST")
    return "an upload was begun" if answer.status == 202 else None


def images_with_a_guessed_login(target: Target) -> str | None:
    login = base64.b64encode(b"AWS:local").decode()
    answer = ask(f"http://{target.registry}/v2/_catalog", headers={"Authorization": f"Basic {login}"})
    return answer.body.decode().strip() if answer.status == 200 else None


def images_from_a_container(target: Target) -> str | None:
    """Past the port that is published on the loopback: at the registry's own address on the bridge."""
    names = docker("ps", "--format", "{{.Names}} {{.Ports}}").splitlines()
    [name] = [line.split()[0] for line in names if f"{target.registry}->" in line]
    address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name)
    program = f"import urllib.request as u; print(u.urlopen('http://{address}:5000/v2/_catalog', timeout=5).read())"
    done = subprocess.run(
        ["docker", "run", "--rm", IMAGE, "python", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None


def one_layers_address_for_another(target: Target) -> str | None:
    """Of a repository with one image: the address of its configuration, changed to lead to another blob."""
    ecr = target.client("ecr")
    name = f"attack-{time.time_ns()}"
    address = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    with tempfile.TemporaryDirectory() as folder:
        token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        (Path(folder) / "config.json").write_text(json.dumps({"auths": {target.registry: {"auth": token}}}))
        docker("tag", IMAGE, f"{address}:1")
        docker("--config", folder, "push", "--quiet", f"{address}:1")
        docker("rmi", f"{address}:1")
    image = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"][0]
    manifest = json.loads(image["imageManifest"])
    mine, other = manifest["config"]["digest"], manifest["layers"][0]["digest"]
    given = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=mine)["downloadUrl"]
    assert ask(given).status == 200, "the address that was given leads to its content"
    return "another blob" if ask(given.replace(mine, other), "HEAD").status == 200 else None
