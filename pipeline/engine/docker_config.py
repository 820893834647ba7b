"""A Docker configuration for one run: the login to the registry ends with the run.

`pulumi up` logs Docker in to ECR (components/image/docker_login.py), for twelve hours. On a machine that other jobs
use too, that login must not stay in `~/.docker/config.json`. What else is configured there stays in force.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

FILE = "config.json"


@contextmanager
def own(environment: Mapping[str, str], home: Path) -> Iterator[dict[str, str]]:
    """Yield the variables to add to a run's environment.

    Args:
        home: of the user; Docker's configuration is below it unless DOCKER_CONFIG is set ("Configuration files" on the
            reference page of the `docker` command).
    """
    given = Path(environment.get("DOCKER_CONFIG") or home / ".docker")
    with tempfile.TemporaryDirectory(prefix="sluice-docker-") as folder:  # mode 0700
        for one in sorted(given.iterdir()) if given.is_dir() else ():
            if one.name == FILE:
                shutil.copyfile(one, Path(folder) / FILE)  # it is this one that `docker login` changes
            else:
                (Path(folder) / one.name).symlink_to(one.resolve())  # contexts, plugins
        yield {"DOCKER_CONFIG": folder}
