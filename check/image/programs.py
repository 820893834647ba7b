"""Checks that an image has the programs of a command: the program, its script, and the programs that the script calls.

It reads files only and resolves names like a shell, `npx`, `pnpm run` or a `node_modules/.bin` entry. What it cannot
resolve is left to the run against a database, so it never refuses a working command.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from check.image.build import ImageConfig
from check.image.inside import FileEntry, Files, resolve

SHELLS = {"sh", "bash", "dash", "ash"}
INTERPRETERS = {"node", "ruby", "php", "perl", "python", "python3"}
RUNNERS = {"npx", "pnpx"}
PACKAGE_MANAGERS = {"npm", "pnpm", "yarn"}
WRAPPERS = {"exec", "tini", "dumb-init", "--", "time", "nice"}
DECIDING = {"cd", "if", "case", "for", "while", "[", "[[", "test", "function", "until", "{", "!"}
BUILTINS = {
    ":",
    "echo",
    "export",
    "set",
    "true",
    "exit",
    "eval",
    "exec",
    "printf",
    "source",
    ".",
    "trap",
    "wait",
    "umask",
}
DEPTH = 4
"""Depth to which scripts that call scripts are followed."""

INSTALL = "install it in the image's final stage; a migration CLI is often only a development dependency"
COPY = "copy it into the image's final stage, or correct the path; check .dockerignore and the image's WORKDIR"

MACHINES = {"amd64": 62, "arm64": 183}
"""ELF's e_machine of Docker's architectures."""


@dataclass(frozen=True)
class Missing:
    """A missing program or file of a command.

    Attributes:
        via: the scripts that call it.
    """

    what: str
    remedy: str
    via: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.what + "".join(f", called by {one}" for one in reversed(self.via))


def missing(files: Files, image: ImageConfig, command: Sequence[str]) -> Missing | None:
    """Return the first missing program or file of a task of this image; None when it has all.

    Args:
        command: replaces the image's CMD; ENTRYPOINT stays.
    """
    if image.entrypoint:
        if found := _call(files, image, list(image.entrypoint), ()):
            return found
        if not _hands_over(files, image):
            return None
    return _call(files, image, list(command), ())


def _hands_over(files: Files, image: ImageConfig) -> bool:
    """Return whether the entrypoint runs its arguments: a script with `exec "$@"`, or an init process."""
    if posixpath.basename(image.entrypoint[0]) in WRAPPERS:
        return True
    entry, _ = program(files, image, image.entrypoint[-1])
    return entry is not None and b'exec "$@"' in entry.head


def _call(files: Files, image: ImageConfig, call: list[str], via: tuple[str, ...]) -> Missing | None:
    while call and (posixpath.basename(call[0]) in WRAPPERS or re.fullmatch(r"[A-Za-z_]\w*=\S*", call[0])):
        call = call[1:]
    if not call or len(via) > DEPTH:
        return None
    name, arguments = call[0], call[1:]
    entry, tried = program(files, image, name)
    wrong = _wrong(files, image, name, entry, tried, via)
    if wrong or entry is None:
        return wrong
    base = posixpath.basename(name)
    if base in SHELLS:
        return _shell(files, image, arguments, via)
    if base in INTERPRETERS:
        return _script(files, image, arguments, via, optional_suffix=base == "node")
    if base in RUNNERS:
        return _package_binary(files, image, [one for one in arguments if not one.startswith("-")], via, base)
    if base in PACKAGE_MANAGERS:
        return _package_script(files, image, arguments, via, base)
    return _within(files, image, entry, via)


def program(files: Files, image: ImageConfig, name: str) -> tuple[FileEntry | None, str]:
    """Resolve a program's path, or its name by PATH. Return the entry, or None, and the last path that was tried."""
    if "/" in name:
        return resolve(files, posixpath.normpath(posixpath.join(image.folder, name)))
    last: tuple[FileEntry | None, str] = (None, name)
    for folder in image.path.split(":"):
        found, tried = resolve(files, posixpath.join(folder, name))
        if found is not None and found.kind == "file" and found.mode & 0o111:
            return found, tried
        if found is not None or tried != posixpath.join(folder, name):
            last = (found, tried)
    return last


def _wrong(
    files: Files, image: ImageConfig, name: str, entry: FileEntry | None, tried: str, via: tuple[str, ...]
) -> Missing | None:
    asked = posixpath.normpath(posixpath.join(image.folder, name)) if "/" in name else name
    if entry is None:
        if tried != asked and not tried.endswith(f"/{name}"):
            return Missing(f"{name} is a link to {tried}, which is not in the image", INSTALL, via)
        where = "" if "/" in name else f" (PATH: {image.path})"
        return Missing(f"{name} is not in the image{where}", COPY if name.startswith((".", "/")) else INSTALL, via)
    if entry.kind == "folder":
        return Missing(f"{name} is a folder in the image", "name the program in it", via)
    if not entry.mode & 0o111:
        return Missing(f"{name} is in the image, but not executable", f"RUN chmod +x {tried} in the Dockerfile", via)
    if entry.head.startswith(b"#!"):
        return _interpreter(files, image, name, entry, via)
    wanted = MACHINES.get(image.architecture)
    if wanted and entry.head[:4] == b"\x7fELF" and _machine(entry.head) != wanted:
        return Missing(
            f"{name} is built for another processor than the image ({image.architecture})",
            "build it for the architecture in the settings (app.architecture)",
            via,
        )
    return None


def _machine(head: bytes) -> int:
    """Return ELF's e_machine."""
    return int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")


def _interpreter(files: Files, image: ImageConfig, name: str, entry: FileEntry, via: tuple[str, ...]) -> Missing | None:
    line = entry.head[2:].split(b"\n", 1)[0].decode(errors="replace")
    if line.endswith("\r"):
        remedy = "save it with Unix line ends (.gitattributes: `* text eol=lf`)"
        return Missing(f"the first line of {name} has a Windows line end, so its interpreter is not found", remedy, via)
    call = [word for word in line.split() if word not in ("-S", "-u")]
    if not call:
        return None
    if posixpath.basename(call[0]) == "env" and len(call) > 1:
        call = call[1:]
    found, _ = program(files, image, call[0])
    if found is None:
        return Missing(f"{name} needs {call[0]}, which is not in the image", INSTALL, via)
    return None


def _shell(files: Files, image: ImageConfig, arguments: list[str], via: tuple[str, ...]) -> Missing | None:
    if any(re.fullmatch(r"-\w*c\w*", one) for one in arguments[:1]):
        return _calls_of(files, image, arguments[1] if len(arguments) > 1 else "", via)
    return _script(files, image, arguments, via, optional_suffix=False)


def _script(
    files: Files, image: ImageConfig, arguments: list[str], via: tuple[str, ...], *, optional_suffix: bool
) -> Missing | None:
    """Check the file that an interpreter runs; options with a value are skipped."""
    if not arguments or arguments[0].startswith("-"):
        return None
    name = arguments[0]
    path = posixpath.normpath(posixpath.join(image.folder, name))
    tries = [path, *([f"{path}.js", f"{path}/index.js"] if optional_suffix else [])]
    for one in tries:
        found, tried = resolve(files, one)
        if found is not None and (found.kind == "file" or len(tries) == 1):
            return _within(files, image, found, via)
        if tried != one:
            return Missing(f"{name} is a link to {tried}, which is not in the image", INSTALL, via)
    return Missing(f"{name} is not in the image ({path})", COPY, via)


def _package_binary(
    files: Files, image: ImageConfig, arguments: list[str], via: tuple[str, ...], runner: str
) -> Missing | None:
    """Check the program that npx runs: in node_modules/.bin, from WORKDIR upwards; else npx would ask or download
    it."""
    if not arguments:
        return None
    name = re.sub(r"(?<=.)@[^/]*$", "", arguments[0]).rpartition("/")[2]
    for folder in _up(image.folder):
        path = posixpath.join(folder, "node_modules/.bin", name)
        found, tried = resolve(files, path)
        if found is not None:
            return _within(files, image, found, via)
        if tried != path:
            return Missing(f"node_modules/.bin/{name} is a link to {tried}, which is not in the image", INSTALL, via)
    return Missing(
        f"{name} is not in the image's node_modules: {runner} would ask whether to download it, and wait", INSTALL, via
    )


def _package_script(
    files: Files, image: ImageConfig, arguments: list[str], via: tuple[str, ...], manager: str
) -> Missing | None:
    """Check `pnpm run x`, `pnpm x`, `npm run x`, `pnpm exec x`: a script of package.json, or a program of
    node_modules."""
    call = [one for one in arguments if not one.startswith("-")]
    if call[:1] in (["exec"], ["dlx"]):
        return _package_binary(files, image, call[1:], via, manager)
    ran = call[:1] == ["run"]
    if not (call := call[1:] if ran else call):
        return None
    package, _ = resolve(files, posixpath.join(image.folder, "package.json"))
    if package is None:
        return Missing(f"{manager} finds no package.json in {image.folder}", COPY, via)
    try:
        scripts = json.loads(package.head).get("scripts") or {}
    except ValueError:
        return None  # longer than the part that is read: the run decides
    if call[0] in scripts:
        inner = replace(image, path=f"{posixpath.join(image.folder, 'node_modules/.bin')}:{image.path}")
        return _calls_of(files, inner, scripts[call[0]], (*via, f"package.json's script {call[0]}"), every=True)
    if ran or manager == "npm":
        return Missing(f"package.json has no script {call[0]}", "correct the command, or add the script", via)
    return _package_binary(files, image, call, via, manager)


def _within(files: Files, image: ImageConfig, entry: FileEntry, via: tuple[str, ...]) -> Missing | None:
    """Check the programs that a shell script calls."""
    text = entry.head.decode(errors="replace")
    if "/node_modules/.bin/" in entry.path and (shim := _SHIM.search(text)):
        call = ["node", posixpath.join(posixpath.dirname(entry.path), shim[1])]
        return _call(files, image, call, (*via, entry.path))
    first = entry.head.split(b"\n", 1)[0]
    shell = first.startswith(b"#!") and any(first.rstrip().endswith(name.encode()) for name in SHELLS)
    if not shell and not entry.path.endswith(".sh"):
        return None
    return _calls_of(files, image, text, (*via, entry.path))


_SHIM = re.compile(r'exec node\s+(?:--\S+\s+)*"\$basedir/([^"]+)"')
"""The script that pnpm and npm write into node_modules/.bin in place of a link."""


def _calls_of(
    files: Files, image: ImageConfig, text: str, via: tuple[str, ...], *, every: bool = False
) -> Missing | None:
    """Check the calls of a script: those that name a path or a runner, or *every* one except shell builtins."""
    for call in _commands(text):
        first = next((word for word in call if word not in WRAPPERS), "")
        looked = first.startswith(("./", "/", "node_modules/")) or first in SHELLS | INTERPRETERS | RUNNERS
        looked = looked or first in PACKAGE_MANAGERS or (every and first not in BUILTINS)
        clear = not any("$" in word or "`" in word for word in call[:3])
        if looked and clear and (found := _call(files, image, call, via)):
            return found
    return None


def _commands(text: str) -> Iterator[list[str]]:
    """Yield the calls of a script, in their order, without redirections.

    Reading stops at a change of directory or a condition, because later calls may never run.
    """
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(re.sub(r"\$\([^()]*\)", "$_", line), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            tokens = list(lexer)
        except ValueError:
            return
        call: list[str] = []
        for word in [*tokens, ";"]:
            if set(word) <= set("();<>|&"):
                if (call and call[0] in DECIDING) or word in ("||", "(", "()"):
                    return
                if call:
                    yield call
                call = [] if word in (";", "&&", "&", "|") else [":"]  # what follows `>` is a file, not a command
            else:
                call.append(word)


def _up(folder: str) -> Iterator[str]:
    while folder not in ("/", ""):
        yield folder
        folder = posixpath.dirname(folder)
    yield folder
