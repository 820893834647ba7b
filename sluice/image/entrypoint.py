"""Decides whether an entrypoint runs a step's command. Pure.

RunTask replaces a container's command and never its entrypoint (ECS API reference, ContainerOverride), and Docker
appends the command to the entrypoint ("Understand how CMD and ENTRYPOINT interact" in the Dockerfile reference). An
entrypoint that drops its arguments runs something else in every step, which can exit 0 with nothing migrated.

What the program of an entrypoint does with its arguments is not visible from outside. Therefore:

- a shell with `-c` is parsed: POSIX defines what it does with the arguments after its script;
- programs that are known to run their arguments (`tini`, `env`, `gosu` …) are skipped;
- `docker-entrypoint.sh` passes: it is the convention of Docker's official images, and each of them ends with
  `exec "$@"` ("Best practices for building images", ENTRYPOINT). Any other script is a warning;
- a program (`python manage.py`, `/app/server`) passes with a sub-command (`migrate`), and is a warning when the
  command's first argument is a program itself (`python`, `/app/migrate`), which suggests a forgotten entrypoint.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Passing = Literal["passed", "warning", "refused"]

_SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "busybox"}
_INTERPRETERS = {
    "python",
    "python2",
    "python3",
    "node",
    "nodejs",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "java",
    "dotnet",
}
_OFFICIAL = "docker-entrypoint.sh"
_PACK = "/cnb/process/"
_LAUNCHER = "/cnb/lifecycle/launcher"

_WRAPPERS: dict[str, tuple[frozenset[str], int]] = {
    # options with a value; number of arguments before the program that it runs
    "tini": (frozenset({"-p", "-e"}), 0),
    "tini-static": (frozenset({"-p", "-e"}), 0),
    "docker-init": (frozenset({"-p", "-e"}), 0),
    "dumb-init": (frozenset({"-r", "--rewrite"}), 0),
    "catatonit": (frozenset(), 0),
    "env": (frozenset({"-u", "--unset", "-C", "--chdir"}), 0),
    "exec": (frozenset(), 0),
    "nice": (frozenset({"-n"}), 0),
    "nohup": (frozenset(), 0),
    "time": (frozenset(), 0),
    "stdbuf": (frozenset({"-i", "-o", "-e"}), 0),
    "timeout": (frozenset({"-k", "-s"}), 1),
    "gosu": (frozenset(), 1),
    "su-exec": (frozenset(), 1),
    "setpriv": (frozenset({"--reuid", "--regid", "--groups"}), 0),
    "s6-setuidgid": (frozenset(), 1),
    "chpst": (frozenset({"-u", "-e", "-C"}), 0),
    "ddtrace-run": (frozenset(), 0),
    "opentelemetry-instrument": (frozenset({"--traces_exporter", "--metrics_exporter", "--service_name"}), 0),
    "newrelic-admin": (frozenset(), 1),
    "bundle": (frozenset(), 1),
    "uv": (frozenset(), 1),
    "poetry": (frozenset(), 1),
    "pipenv": (frozenset(), 1),
    "doppler": (frozenset({"--project", "--config"}), 1),
    "chamber": (frozenset(), 2),
    "launcher": (frozenset(), 0),
}
"""Programs that run their arguments as a command. Sources: their manual pages."""


@dataclass(frozen=True)
class Handed:
    """What an entrypoint does with a command.

    Attributes:
        result: ``refused``: the command is lost or incomplete; ``warning``: unknown.
        what: what the entrypoint does; continues "the entrypoint …".
        why: the consequence.
        script: path or name of a script whose content is unknown; empty without one.
    """

    result: Passing
    what: str = ""
    why: str = ""
    script: str = ""


_FINE = Handed("passed")


def handed(entrypoint: Sequence[str], command: Sequence[str]) -> Handed:
    """Return what *entrypoint* does with *command*.

    Args:
        entrypoint: from the container definition if it has one, else from the image; empty for none.
        command: the step's command.
    """
    if not entrypoint or not command:
        return _FINE
    first, rest = entrypoint[0], list(entrypoint[1:])
    name = _name(first)
    if first.startswith(_PACK):
        process = first.removeprefix(_PACK)
        return Handed(
            "refused",
            f"always starts the process type {process!r} of the buildpack",
            "the step's command would be further arguments of that process",
        )
    if name == "busybox" and rest and _name(rest[0]) in _SHELLS:
        name, rest = _name(rest[0]), rest[1:]
    if name in _SHELLS:
        return _shell(name, rest, command)
    if name in _WRAPPERS and (name != "launcher" or first == _LAUNCHER):
        return handed(_within(name, rest), command)
    if name == _OFFICIAL:
        return handed(rest, command)
    if "entrypoint" in name or name.endswith(".sh") or name == "init":
        return _unseen(first)
    return _program(name, first, rest, command)


def _shell(name: str, rest: Sequence[str], command: Sequence[str]) -> Handed:
    """Judge a shell. Source: POSIX, "sh - shell, the standard command language interpreter", OPERANDS."""
    script = _script(rest)
    if script is None:
        return _shell_without_script(name, rest, command)
    if script == len(rest):  # the command's first word is the script, the others are its $0, $1 …
        if len(command) == 1 or _uses_arguments(command[0]):
            return _FINE
        return Handed(
            "refused",
            f"keeps only the first word: `{name} -c` takes {command[0]!r} as its script",
            f"{command[0]!r} would run alone, and can exit 0 with nothing migrated",
        )
    text, named = rest[script], list(rest[script + 1 :])
    # The first word after the script is $0; only those after it are "$@".
    whole = bool(re.search(r"\$(?:[@*]|\{[@*]\})", text))
    own_name = bool(re.search(r"\$(?:0|\{0\})", text))
    if whole and not named and not own_name:
        return Handed(
            "refused",
            f'loses the first word: {command[0]!r} becomes the shell\'s $0, which "$@" does not contain',
            f"it would run `{' '.join(command[1:])}`" if command[1:] else "nothing would run, and the shell exits 0",
        )
    if whole and (split := [word for word in command if re.search(r"[\s*?\[]", word)]) and not _quoted(text):
        return Handed("warning", "uses $@ without quotes", f"the shell splits {split[0]!r} into several words")
    if whole:
        return _FINE
    if own_name and not named and len(command) == 1:
        return _FINE
    if re.search(r"\$(?:[1-9]|\{[1-9])", text):
        return Handed("warning", f"picks single arguments in `{_short(text)}`", "the others would be lost")
    return Handed(
        "refused",
        f"ignores its arguments: it always runs `{_short(text)}`",
        "every step would run that instead of its own command",
    )


def _script(rest: Sequence[str]) -> int | None:
    """Index of the script that `-c` runs (the length: it is still to come); None without `-c`."""
    at, found = 0, False
    while at < len(rest) and rest[at][:1] in ("-", "+") and rest[at] not in ("-", "--"):
        word = rest[at]
        short = not word.startswith("--")
        found = found or (short and "c" in word[1:])
        at += 2 if short and word.endswith("o") else 1  # -o takes a name
    if at < len(rest) and rest[at] in ("-", "--"):
        at += 1
    return at if found else None


def _shell_without_script(name: str, rest: Sequence[str], command: Sequence[str]) -> Handed:
    if any(re.fullmatch(r"-[a-z]*s[a-z]*", word) for word in rest):
        return Handed(
            "refused",
            f"makes {name} read its commands from the standard input, which is empty",
            "it would exit 0 with nothing migrated",
        )
    files = [word for word in rest if not word.startswith(("-", "+"))]
    if files:
        return _FINE if _name(files[0]) == _OFFICIAL else _unseen(files[0])
    if command[0].endswith(".sh"):
        return _FINE
    if "/" in command[0]:
        return Handed("warning", f"makes {name} read {command[0]!r} as a shell script", "a binary program fails")
    what = f"makes {name} look for a shell script called {command[0]!r}"
    if _runs(command[0]):
        return Handed("refused", what, "the step would fail at its start")
    return Handed("warning", what, "the step fails unless the working directory has one")


def _within(name: str, rest: Sequence[str]) -> list[str]:
    """Return what a wrapper runs: its words without its options."""
    valued, own = _WRAPPERS[name]
    at = _options(rest, 0, valued)
    while name == "env" and at < len(rest) and "=" in rest[at]:
        at += 1
    return list(rest[_options(rest, at + own, valued) if own else at :])


def _options(arguments: Sequence[str], at: int, valued: frozenset[str]) -> int:
    """Index of the first word from *at* on that is no option; `--` ends them."""
    while at < len(arguments) and arguments[at].startswith("-"):
        if arguments[at] == "--":
            return at + 1
        at += 2 if arguments[at] in valued else 1
    return at


def _program(name: str, first: str, rest: Sequence[str], command: Sequence[str]) -> Handed:
    """A program that gets the step's words as its arguments; what it makes of them is its own."""
    bare = re.sub(r"[\d.]+$", "", name) in {re.sub(r"\d+$", "", one) for one in _INTERPRETERS}
    inner = next((word for word in rest if not word.startswith("-")), None)
    if inner is not None and ("entrypoint" in _name(inner)):
        return _unseen(inner)
    itself = _runs(command[0])
    if bare and not rest and itself and not command[0].startswith("/"):
        return Handed(
            "refused",
            f"is {name} itself: it would look for a file called {command[0]!r}",
            "the step would fail at its start",
        )
    if bare and not rest:
        return _FINE
    if itself:
        runs = " ".join([first, *rest])
        return Handed(
            "warning",
            f"runs `{_short(runs)}` with {command[0]!r} as an argument",
            "the step starts the service instead, unless that program runs its arguments",
        )
    return _FINE


UNKNOWN_SCRIPT = 'it is unknown whether it ends with `exec "$@"`'
"""Part of the finding for a script whose content is unknown; `make check` reads the script and drops that finding."""


def _unseen(script: str) -> Handed:
    return Handed(
        "warning",
        f"is the script {script}, and {UNKNOWN_SCRIPT}",
        "a script that ignores its arguments runs something else in every step",
        script,
    )


def _runs(word: str) -> bool:
    """Return whether the word is a program of its own rather than a sub-command."""
    name = re.sub(r"[\d.]+$", "", _name(word))
    return "/" in word or name in _SHELLS or name in {re.sub(r"\d+$", "", one) for one in _INTERPRETERS}


def _uses_arguments(text: str) -> bool:
    return bool(re.search(r"\$(?:[@*0-9]|\{[@*0-9])", text))


def _quoted(text: str) -> bool:
    return bool(re.search(r'"\$(?:@|\{@\})"', text)) or "eval" in text


def _name(word: str) -> str:
    return word.rpartition("/")[2]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
