"""Whether an image has what a command needs: the program, the script it names, what that script calls. Nothing runs.

It follows what a shell, `npx`, `pnpm run` or a `node_modules/.bin` entry would look for. Whatever it cannot follow it
leaves to the run against a database; so it never refuses what would work.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from check.image import Image
from check.inside import Entry, Files, resolve

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
"""Scripts that call scripts are followed so far."""

INSTALL = "install it in the image's final stage; a migration CLI is often only a development dependency"
COPY = "copy it into the image's final stage, or correct the path; check .dockerignore and the image's WORKDIR"

MACHINES = {"amd64": 62, "arm64": 183}
"""ELF's e_machine of Docker's architectures."""


@dataclass(frozen=True)
class Missing:
    """What a command would not find.

    Attributes:
        via: the scripts that lead to it.
    """

    what: str
    remedy: str
    via: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.what + "".join(f", called by {one}" for one in reversed(self.via))


def missing(files: Files, image: Image, command: Sequence[str]) -> Missing | None:
    """The first thing that a task of this image would not find.

    Args:
        command: replaces the image's CMD; ENTRYPOINT stays.
    """
    if image.entrypoint:
        if found := _call(files, image, list(image.entrypoint), ()):
            return found
        if not _hands_over(files, image):
            return None
    return _call(files, image, list(command), ())


def _hands_over(files: Files, image: Image) -> bool:
    """Return whether the entry point ends as its arguments: a script with `exec "$@"`, or an init."""
    if posixpath.basename(image.entrypoint[0]) in WRAPPERS:
        return True
    entry, _ = program(files, image, image.entrypoint[-1])
    return entry is not None and b'exec "$@"' in entry.head


def _call(files: Files, image: Image, words: list[str], via: tuple[str, ...]) -> Missing | None:
    while words and (posixpath.basename(words[0]) in WRAPPERS or re.fullmatch(r"[A-Za-z_]\w*=\S*", words[0])):
        words = words[1:]
    if not words or len(via) > DEPTH:
        return None
    name, arguments = words[0], words[1:]
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


def program(files: Files, image: Image, name: str) -> tuple[Entry | None, str]:
    """Return what a program's name leads to in the image, by PATH where it is no path; and the last path that was
    tried."""
    if "/" in name:
        return resolve(files, posixpath.normpath(posixpath.join(image.folder, name)))
    last: tuple[Entry | None, str] = (None, name)
    for folder in image.path.split(":"):
        found, tried = resolve(files, posixpath.join(folder, name))
        if found is not None and found.kind == "file" and found.mode & 0o111:
            return found, tried
        if found is not None or tried != posixpath.join(folder, name):
            last = (found, tried)
    return last


def _wrong(
    files: Files, image: Image, name: str, entry: Entry | None, tried: str, via: tuple[str, ...]
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
    """ELF's e_machine."""
    return int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")


def _interpreter(files: Files, image: Image, name: str, entry: Entry, via: tuple[str, ...]) -> Missing | None:
    line = entry.head[2:].split(b"\n", 1)[0].decode(errors="replace")
    if line.endswith("\r"):
        remedy = "save it with Unix line ends (.gitattributes: `* text eol=lf`)"
        return Missing(
            f"the first line of {name} ends as Windows ends lines, so its interpreter is not found", remedy, via
        )
    words = [word for word in line.split() if word not in ("-S", "-u")]
    if not words:
        return None
    if posixpath.basename(words[0]) == "env" and len(words) > 1:
        words = words[1:]
    found, _ = program(files, image, words[0])
    if found is None:
        return Missing(f"{name} needs {words[0]}, which is not in the image", INSTALL, via)
    return None


def _shell(files: Files, image: Image, arguments: list[str], via: tuple[str, ...]) -> Missing | None:
    if any(re.fullmatch(r"-\w*c\w*", one) for one in arguments[:1]):
        return _lines(files, image, arguments[1] if len(arguments) > 1 else "", via)
    return _script(files, image, arguments, via, optional_suffix=False)


def _script(
    files: Files, image: Image, arguments: list[str], via: tuple[str, ...], *, optional_suffix: bool
) -> Missing | None:
    """The file that an interpreter is given; options with a value of their own are left alone."""
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
    files: Files, image: Image, arguments: list[str], via: tuple[str, ...], runner: str
) -> Missing | None:
    """Return what npx runs: node_modules/.bin up from WORKDIR; else it would ask, or try to download it."""
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
    files: Files, image: Image, arguments: list[str], via: tuple[str, ...], manager: str
) -> Missing | None:
    """`pnpm run x`, `pnpm x`, `npm run x`, `pnpm exec x`: a script of package.json, or a program of node_modules."""
    words = [one for one in arguments if not one.startswith("-")]
    if words[:1] in (["exec"], ["dlx"]):
        return _package_binary(files, image, words[1:], via, manager)
    ran = words[:1] == ["run"]
    if not (words := words[1:] if ran else words):
        return None
    package, _ = resolve(files, posixpath.join(image.folder, "package.json"))
    if package is None:
        return Missing(f"{manager} finds no package.json in {image.folder}", COPY, via)
    try:
        scripts = json.loads(package.head).get("scripts") or {}
    except ValueError:
        return None  # longer than what is read: the run decides
    if words[0] in scripts:
        inner = replace(image, path=f"{posixpath.join(image.folder, 'node_modules/.bin')}:{image.path}")
        return _lines(files, inner, scripts[words[0]], (*via, f"package.json's script {words[0]}"), every=True)
    if ran or manager == "npm":
        return Missing(f"package.json has no script {words[0]}", "correct the command, or add the script", via)
    return _package_binary(files, image, words, via, manager)


def _within(files: Files, image: Image, entry: Entry, via: tuple[str, ...]) -> Missing | None:
    """Return what a shell script calls."""
    text = entry.head.decode(errors="replace")
    if "/node_modules/.bin/" in entry.path and (shim := _SHIM.search(text)):
        call = ["node", posixpath.join(posixpath.dirname(entry.path), shim[1])]
        return _call(files, image, call, (*via, entry.path))
    first = entry.head.split(b"\n", 1)[0]
    shell = first.startswith(b"#!") and any(first.rstrip().endswith(name.encode()) for name in SHELLS)
    if not shell and not entry.path.endswith(".sh"):
        return None
    return _lines(files, image, text, (*via, entry.path))


_SHIM = re.compile(r'exec node\s+(?:--\S+\s+)*"\$basedir/([^"]+)"')
"""What pnpm and npm write into node_modules/.bin where they make no link."""


def _lines(files: Files, image: Image, text: str, via: tuple[str, ...], *, every: bool = False) -> Missing | None:
    """The calls of a script: those that name a path or a runner, or *every* one that is no shell builtin."""
    for words in _commands(text):
        first = next((word for word in words if word not in WRAPPERS), "")
        looked = first.startswith(("./", "/", "node_modules/")) or first in SHELLS | INTERPRETERS | RUNNERS
        looked = looked or first in PACKAGE_MANAGERS or (every and first not in BUILTINS)
        clear = not any("$" in word or "`" in word for word in words[:3])
        if looked and clear and (found := _call(files, image, words, via)):
            return found
    return None


def _commands(text: str) -> Iterator[list[str]]:
    """The calls of a script, in their order, without redirections. A script that moves to another folder or decides
    something is read no further: what comes then may never be called."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(re.sub(r"\$\([^()]*\)", "$_", line), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:
            return
        call: list[str] = []
        for word in [*words, ";"]:
            if set(word) <= set("();<>|&"):
                if (call and call[0] in DECIDING) or word in ("||", "(", "()"):
                    return
                if call:
                    yield call
                call = [] if word in (";", "&&", "&", "|") else [":"]  # what follows `>` is a file, not a command
            else:
                call.append(word)


def _up(folder: str) -> Iterator[str]:
    while True:
        yield folder
        if folder in ("/", ""):
            return
        folder = posixpath.dirname(folder)
