"""What the containers may do to what they stand on."""

from __future__ import annotations

import posixpath
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from infra.settings.values.model import refused

_OF_THE_SYSTEM = ("/proc", "/sys", "/dev")


def folder(path: str) -> str:
    """The same path, when a volume can stand there."""
    if path == "/":
        raise refused("name the folders that the program writes to, or set app.readOnly to false")
    if path != posixpath.normpath(path) or path.startswith("//"):
        raise refused(f"write it as {posixpath.normpath('/' + path.strip('/'))}")
    if any(path == one or path.startswith(f"{one}/") for one in _OF_THE_SYSTEM):
        raise refused("the system's own folders cannot be replaced; name a folder of the program")
    return path


def once(folders: list[str]) -> list[str]:
    """The same folders, when each is there once."""
    if twice := sorted({one for one in folders if folders.count(one) > 1}):
        raise refused(f"{', '.join(twice)} is there twice; remove one of them")
    return folders


def _text(user: Any) -> Any:
    """YAML reads `10001` as a number."""
    return str(user) if isinstance(user, int) and not isinstance(user, bool) else user


Folder: TypeAlias = Annotated[str, Field(pattern=r"^/[^\s:]*$", max_length=255), AfterValidator(folder)]
Folders: TypeAlias = Annotated[list[Folder], Field(max_length=20), AfterValidator(once)]
User: TypeAlias = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_][\w.-]*(:[A-Za-z0-9_][\w.-]*)?$", max_length=65), BeforeValidator(_text)
]
Capability: TypeAlias = Literal[
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
]  # fmt: skip
"""Those that Docker gives a container ("Runtime privilege and Linux capabilities" in its run reference)."""
