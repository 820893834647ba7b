"""The steps of set-up, and their order."""

from __future__ import annotations

import hashlib
import tempfile
from functools import partial
from pathlib import Path

from emulator.plugins.install import install
from local.environment import Checkout
from local.toolchain import engine, environments, images, modules, packages, pulumi, wheels
from local.toolchain.images import BaseImage
from local.toolchain.preconditions import Folder
from local.toolchain.steps import SetupStep, StepRunner

# What each part of the checks needs; `up` and the end-to-end tests need everything.
PYTHON = ("python environment",)
BOOTSTRAP = ("Pulumi CLI", "python environment")
PIPELINE = ("Pulumi CLI", "python environment", "policy environment")
TESTS = ("python environment", "cloud environment", "policy environment")


def steps(place: Checkout) -> list[SetupStep]:
    """Return all steps of set-up, the longest one first."""
    locks = place.cache / "locks"
    project_lock, cloud_lock = (
        place.root / "requirements-dev.txt",
        place.root / "emulator" / "cloud" / "requirements.txt",
    )
    policy_lock = place.root / "policy" / "requirements.txt"
    return [
        SetupStep(
            "Pulumi CLI",
            "looking for the Pulumi CLI",
            done=partial(pulumi.done, place),
            run=partial(pulumi.provide, place=place),
            lock=locks / f"{place.built_pulumi.parent.name}.lock",
            obstacle=partial(pulumi.obstacle, place),
            room=partial(pulumi.room, place),
        ),
        SetupStep(
            "system packages",
            "installing Debian packages",
            done=lambda: not packages.wanted(packages.inspect(place.venv)),
            run=lambda runner: packages.install(runner, packages.missing(packages.inspect(place.venv))),
            lock=locks / "packages.lock",
            obstacle=lambda: packages.missing(packages.inspect(place.venv)),
        ),
        SetupStep(
            "Docker engine",
            "starting the Docker engine",
            done=engine.answers,
            run=lambda runner: engine.start(runner, packages.inspect(place.venv), place.cache / "dockerd.log"),
            after=("system packages",),
            lock=locks / "engine.lock",
            obstacle=lambda: engine.obstacle(packages.inspect(place.venv)),
        ),
        SetupStep(
            "python environment",
            "making the project's virtual environment",
            done=partial(environments.current, place.venv, project_lock),
            run=lambda runner: environments.make(runner, place.venv, project_lock, _uv(runner, place)),
            after=("system packages",),
            lock=locks / "environments.lock",
            room=lambda: {"project": 0.6, "cache": 0.1},
        ),
        SetupStep(
            "cloud environment",
            "making the emulator's virtual environment",
            done=partial(environments.current, place.cloud_venv, cloud_lock),
            run=lambda runner: environments.make(runner, place.cloud_venv, cloud_lock, _uv(runner, place)),
            after=("python environment",),
            lock=locks / "environments.lock",
            room=lambda: {"project": 0.3},
        ),
        SetupStep(
            "policy environment",
            "making the policy pack's virtual environment",
            done=partial(environments.current, place.policy_venv, policy_lock),
            run=lambda runner: environments.make(runner, place.policy_venv, policy_lock, _uv(runner, place)),
            after=("python environment",),
            lock=locks / "environments.lock",
            room=lambda: {"project": 0.2},
        ),
        *_images(place, locks),
        SetupStep(
            "bundled plugins",
            "installing the bundled plugins",
            done=lambda: _plugins_installed(place),
            run=lambda runner: _install_plugins(place),
        ),
    ]


def bench(place: Checkout) -> SetupStep:
    """The one step that only `make bench` needs."""
    lock = place.root / "bench" / "requirements.txt"
    return SetupStep(
        "bench environment",
        "making the virtual environment of the measured tools",
        done=partial(environments.current, place.bench_venv, lock),
        run=lambda runner: environments.make(runner, place.bench_venv, lock, _uv(runner, place)),
        after=("python environment",),
        lock=place.cache / "locks" / "environments.lock",
        room=lambda: {"project": 0.2},
    )


def application(settings: str) -> list[str]:
    """Return what `make check` needs: the images that the stack's settings name, and a PostgreSQL where no image
    registry has one for us.

    Args:
        settings: the text of the stack's settings file.
    """
    named = {"sluice-local/python:": "image python", "sluice-local/python-build:": "image python-build"}
    found = [*PYTHON, "Docker engine", *(step for tag, step in named.items() if tag in settings)]
    found += [GO_BUILD_STEP] if GO_BUILD in settings else []
    return found if images.registry_answers() else [*found, "image postgres"]


GO_BUILD = "sluice-local/go-build:1.24"
GO_BUILD_STEP = "image go-build"


def go_build(place: Checkout) -> SetupStep:
    """The one step that only the example in Go needs."""
    dockerfile = place.root / "local" / "images" / "go-build" / "Dockerfile"
    locks = [place.root / "examples" / "orders" / name for name in ("go.mod", "go.sum")]
    inputs = images.inputs(dockerfile.parent, images.trixie_inputs(), locks)
    image = BaseImage(GO_BUILD, dockerfile.parent, images.TRIXIE, inputs)
    return SetupStep(
        GO_BUILD_STEP,
        f"building {image.tag}",
        done=partial(images.current, image.tag, image.inputs),
        run=lambda runner: _go_build(runner, place, image, locks),
        after=("image trixie",),
        lock=place.cache / "locks" / "image-go-build.lock",
        room=lambda: {"docker": 0.8, "cache": 0.1},
    )


def _go_build(runner: StepRunner, place: Checkout, image: BaseImage, locks: list[Path]) -> str:
    with tempfile.TemporaryDirectory(dir=place.cache) as context:
        modules.context(runner, image.folder / "Dockerfile", locks, Path(context))
        return images.build(runner, image, Path(context))


def folders(place: Checkout) -> dict[str, Folder]:
    """Return where set-up writes."""
    return {
        "project": Folder("the checkout", place.root, "work on a checkout of your own"),
        "local": Folder("the local folder", place.local, "make it writable, or set SLUICE_LOCAL_DIR to one that is"),
        "cache": Folder("the cache folder", place.cache, "make it writable, or set XDG_CACHE_HOME to one that is"),
    }


def _images(place: Checkout, locks: Path) -> list[SetupStep]:
    folder = place.root / "local" / "images"
    examples = sorted(place.root.glob("examples/*/requirements.txt"))
    base = images.trixie_inputs()
    runtime = images.inputs(folder / "python", base)
    python = BaseImage("sluice-local/python:3.13", folder / "python", images.TRIXIE, runtime)
    build = BaseImage(
        "sluice-local/python-build:3.13",
        folder / "python-build",
        python.tag,
        images.inputs(folder / "python-build", runtime, examples),
    )
    postgres = BaseImage(
        "sluice-local/postgres:17", folder / "postgres", images.TRIXIE, images.inputs(folder / "postgres", base)
    )
    registry = BaseImage(
        "sluice-local/registry:2", folder / "registry", images.TRIXIE, images.inputs(folder / "registry", base)
    )
    return [
        SetupStep(
            "image trixie",
            "making the base image",
            done=partial(images.current, images.TRIXIE, base),
            run=partial(images.trixie, cache=place.cache),
            after=("Docker engine",),
            lock=locks / "image-trixie.lock",
            room=lambda: {"docker": 0.2, "cache": 0.5},
        ),
        _built("image python", python, "image trixie", locks, 0.1),
        _built("image postgres", postgres, "image trixie", locks, 0.6),
        _built("image registry", registry, "image trixie", locks, 0.2),
        SetupStep(
            "image python-build",
            f"building {build.tag}",
            done=partial(images.current, build.tag, build.inputs),
            run=lambda runner: _python_build(runner, place, build, examples),
            after=("image python", "python environment"),
            lock=locks / "image-python-build.lock",
            room=lambda: {"docker": 0.2, "cache": 0.1},
        ),
    ]


def _built(name: str, image: BaseImage, after: str, locks: Path, gigabytes: float) -> SetupStep:
    return SetupStep(
        name,
        f"building {image.tag}",
        done=partial(images.current, image.tag, image.inputs),
        run=partial(images.build, image=image),
        after=(after,),
        lock=locks / f"{name.replace(' ', '-')}.lock",
        room=lambda: {"docker": gigabytes},
    )


def _python_build(runner: StepRunner, place: Checkout, image: BaseImage, examples: list[Path]) -> str:
    architecture = images.architecture()
    downloaded = wheels.folder(place.cache, examples, architecture)
    wheels.download(runner, place.venv / "bin" / "pip", examples, architecture, downloaded)
    with tempfile.TemporaryDirectory(dir=place.cache) as context:
        wheels.context(image.folder / "Dockerfile", downloaded, Path(context))
        return images.build(runner, image, Path(context))


def uv_lock(place: Checkout) -> Path:
    return place.root / "local" / "toolchain" / "uv.txt"


def _uv(runner: StepRunner, place: Checkout) -> Path:
    return environments.fetch_uv(runner, place.venv, uv_lock(place), place.cache)


def _plugins_mark(place: Checkout) -> tuple[Path, str]:
    installer = (place.root / "emulator" / "plugins" / "install.py").read_bytes()
    return place.pulumi_home / "sluice-bundled", f"{place.root} {hashlib.sha256(installer).hexdigest()}"


def _plugins_installed(place: Checkout) -> bool:
    mark, wanted = _plugins_mark(place)
    return mark.is_file() and mark.read_text() == wanted


def _install_plugins(place: Checkout) -> str:
    mark, wanted = _plugins_mark(place)
    install(place.pulumi_home, place.root)
    mark.write_text(wanted)
    return "into this checkout's PULUMI_HOME"
