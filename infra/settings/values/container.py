"""What a container runs, where it listens, which files it can write, and as whom it runs."""

from __future__ import annotations

import posixpath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from infra.settings.values.model import refused, repeated

SYSTEM_FOLDERS = ("/proc", "/sys", "/dev")
"""Folders of the kernel, where no volume can be mounted."""


def volume_path(path: str) -> str:
    """Return a folder where a volume can be mounted. Refuses the root, system folders and unnormalized paths."""
    if path == "/":
        raise refused("would make the whole file system writable; name the folders, or set app.readOnly to false")
    if path != posixpath.normpath(path) or path.startswith("//"):
        raise refused(f"is not a normalized path; write {posixpath.normpath('/' + path.strip('/'))}")
    if any(path == folder or path.startswith(f"{folder}/") for folder in SYSTEM_FOLDERS):
        raise refused("is a folder of the kernel, where no volume can be mounted; name a folder of the application")
    return path


def unique_folders(folders: list[str]) -> list[str]:
    """Return a list of folders. Refuses one that is listed twice."""
    if twice := repeated(folders):
        raise refused(f"{twice} is listed more than once; list every folder once")
    return folders


def user_text(user: Any) -> Any:
    """Return a user as text: YAML reads `10001` as a number."""
    return str(user) if isinstance(user, int) and not isinstance(user, bool) else user


UrlPath: TypeAlias = Annotated[str, Field(pattern=r"^/\S*$", max_length=1024)]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Command: TypeAlias = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]
"""A program and its arguments."""

Folder: TypeAlias = Annotated[str, Field(pattern=r"^/[^\s:]*$", max_length=255), AfterValidator(volume_path)]
Folders: TypeAlias = Annotated[list[Folder], Field(max_length=20), AfterValidator(unique_folders)]
User: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_][\w.-]*(:[A-Za-z0-9_][\w.-]*)?$", max_length=65), BeforeValidator(user_text)
]
Capability: TypeAlias = Literal[
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]  # fmt: skip
"""Docker's default capabilities ("Runtime privilege and Linux capabilities" in the Docker run reference)."""
