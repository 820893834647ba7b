"""Why a service's program ended: its exit code and its log's last known line, in words for a service. Pure.

Sources: POSIX shell (126, 127, 128 + n); ECS "Stopped tasks error messages" (OutOfMemoryError); the lines are runc's,
of shells, servers and frameworks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sluice.diagnosis import blockers
from sluice.diagnosis.exit_code import Advice, signal_name
from sluice.diagnosis.signature import recognise


class Known(NamedTuple):
    """A line that only matters to a service, and what it means."""

    name: str
    pattern: re.Pattern[str]
    advice: Advice


def _known(name: str, pattern: str, cause: str, fix: str) -> Known:
    return Known(name, re.compile(pattern, re.IGNORECASE), Advice(cause, fix))


KNOWN: Sequence[Known] = (
    _known(
        "port in use",
        r"EADDRINUSE|address (?:is )?already in use",
        "two programs of the container want the same port",
        "give the second one another port; containers of one task share their ports",
    ),
    _known(
        "port refused",
        r"(?:listen|bind)\b.{0,300}?(?:EACCES|permission denied)",
        "the image's user may not listen on that port",
        "listen on a port above 1023 (app.port)",
    ),
)
"""Looked for before the signatures of migrations."""

_IMAGE = "copy it into the image's final stage; check what .dockerignore leaves out"
OF_A_SERVICE: Mapping[str, Advice] = {
    "command not found": Advice(
        "a program that the entrypoint calls is not in the image",
        "install it in the image's final stage, or correct ENTRYPOINT, CMD or the script that calls it",
    ),
    "module not found": Advice("a library or a file of the application is not in the image", _IMAGE),
    "migrations missing": Advice("a folder that the program reads at its start is not in the image", _IMAGE),
    "setting missing": Advice(
        "a variable that the program needs is not set", "add it to app.environment or app.secrets in the settings"
    ),
    "authentication": Advice(
        "the database refuses the user or the password of the service",
        "check which secret the service reads; after a rotation its tasks must be replaced",
    ),
    "no connection left": Advice(
        "the database has no connection left: old and new tasks run side by side in a rollout",
        "lower the connections of each task's pool, or take a larger instance",
    ),
    "unreachable": Advice(
        "the application cannot reach the database, or another service that it needs at its start",
        "check the address, and that the other side's security group lets the service's tasks in on its port",
    ),
    "lock": Advice(
        "something else holds a lock that the application needs at its start",
        f'see which session holds it and end that one: docs/runbook.md, "{blockers.CHAPTER}"',
    ),
    "permission": Advice(
        "the database user of the service may not do what it asks",
        "grant the right to the service's user in a migration",
    ),
    "relation missing": Advice(
        "the application expects a table, column, schema or role that is not there",
        "check that the migration which makes it is in this image and among the steps, and which database and "
        "search_path the service uses",
    ),
    "asks for input": Advice(
        "the command is one for development: it asks questions", "start the server without questions"
    ),
    "out of memory": Advice("the program ran out of memory", "raise app.memory"),
}
"""Signatures whose own words are about a step, in words for a service."""

_READ_LOG = "read the last lines below"
_EXITS: Mapping[int, Advice] = {
    0: Advice(
        "the program is not a server, or puts the server into the background",
        "let ENTRYPOINT and CMD run the server in the foreground (`exec`); an entrypoint `sh -c` keeps only the first "
        "word of its command",
    ),
    126: Advice(
        "the command was found in the image but could not be executed",
        "make it executable in the Dockerfile and check its interpreter line",
    ),
    127: Advice(
        "a command that the entrypoint calls is not in the image",
        "install it in the image's final stage, or correct ENTRYPOINT, CMD or the script that calls it",
    ),
    134: Advice(
        "the process aborted itself (SIGABRT): a failed assertion, or a runtime without memory",
        f"{_READ_LOG} for the fatal error; raise app.memory if it speaks of a heap",
    ),
    137: Advice(
        "the process was killed (SIGKILL) and ECS names no reason: the task ran out of memory, or something in the "
        "container killed it",
        "raise app.memory, or look for what kills the process",
    ),
    139: Advice("the process crashed (SIGSEGV)", "look for a native library built for another system or architecture"),
    143: Advice(
        "something in the container ended the process by SIGTERM; ECS did not",
        "look for a wrapper or a time limit in the image that ends the server",
    ),
}


class Ended(NamedTuple):
    """Why the program ended: a class of docs/outcomes.md, its cause and its fix."""

    name: str
    advice: Advice


def out_of_memory(memory: int | None) -> Ended:
    """*memory*: MiB that the container may use; None when that is not known."""
    limit = f" ({memory} MiB now)" if memory else ""
    return Ended("out of memory", Advice("the container used more memory than it may", f"raise app.memory{limit}"))


def ended(code: int | None, lines: Sequence[str], seconds: float | None) -> Ended:
    """Why a program that ran has ended. A known line of its log says more than the code.

    Args:
        code: of the container; None when ECS has none.
        lines: the end of its log.
        seconds: how long the task ran; None when that is not known.
    """
    if code != 0 and (found := known_line(lines)):
        return found
    if code is None:
        return Ended("exit code absent", Advice("the program's end was lost: ECS has no exit code", _READ_LOG))
    when = f"exit code {code}" + ("" if seconds is None else f", {max(1, round(seconds))} s after the start")
    if code in _EXITS:
        advice = _EXITS[code]
    elif name := signal_name(code):
        advice = Advice(f"the process was ended by {name}", f"find out what sent the signal; {_READ_LOG}")
    else:
        advice = Advice("the program reported a failure", f"{_READ_LOG}; run the image once before the merge")
    return Ended("not a server" if code == 0 else f"exit code {code}", Advice(f"{when}: {advice.cause}", advice.remedy))


def known_line(lines: Sequence[str]) -> Ended | None:
    """What the last known line gives away; None when no line is known."""
    for line in reversed(lines):
        for one in KNOWN:
            if one.pattern.search(line):
                return Ended(one.name, one.advice)
        if found := recognise([line]):
            signature = found.signature
            advice = OF_A_SERVICE.get(signature.name, Advice(signature.cause, signature.remedy))
            return Ended(signature.name, advice)
    return None
