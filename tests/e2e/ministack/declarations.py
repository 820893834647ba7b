"""The corrections as their files declare them, read without MiniStack, which the environment of the tests lacks."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.ministack.account import ROOT
from tests.e2e.ministack.probe import Probe

CLOUD = ROOT / "emulator/cloud"
PACKAGE = "emulator.cloud."
REPLACING = ("replace", "getattr", "setattr")
"""The functions whose second argument is a name of the first, which is a module."""


@dataclass(frozen=True)
class Declaration:
    """One correction, as its file declares it.

    Attributes:
        file: below emulator/cloud, without `.py`.
        rule: the rule of AWS.
        fault: what MiniStack does instead.
        ministack: the version that has the fault.
    """

    file: str
    rule: str
    fault: str
    ministack: str


def installed() -> list[str]:
    """The files of the corrections that corrections.py installs, in its order."""
    tree = ast.parse((CLOUD / "corrections.py").read_text())
    modules = dict(imported(tree))
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "declared"]
    return [
        modules[node.value.id].removeprefix(PACKAGE).replace(".", "/")
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "CORRECTION" and isinstance(node.value, ast.Name)
    ]


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every name that `from … import …` binds in a file, and what it names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)


def declaration(file: str) -> Declaration | None:
    """The declaration of one file; None when it has none."""
    for node in ast.parse((CLOUD / f"{file}.py").read_text()).body:
        if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != "CORRECTION":
            continue
        if isinstance(node.value, ast.Call):
            said = {one.arg: one.value.value for one in node.value.keywords if isinstance(one.value, ast.Constant)}
            return Declaration(file, str(said["rule"]), str(said["fault"]), str(said["ministack"]))
    return None


def declared() -> list[Declaration]:
    """Every declaration below emulator/cloud, by file."""
    files = sorted(path.relative_to(CLOUD).as_posix().removesuffix(".py") for path in CLOUD.rglob("*.py"))
    return [found for file in files if (found := declaration(file)) is not None]


def without_probe(files: Iterable[str], probes: Iterable[Probe]) -> list[str]:
    """The corrections, by file, that no probe is of."""
    return sorted(set(files) - {probe.correction for probe in probes})


def private_names() -> set[tuple[str, str]]:
    """Every private name of a module of MiniStack that emulator/cloud uses: the module, and the name."""
    return {found for path in CLOUD.rglob("*.py") for found in private_names_of(path)}


def private_names_of(path: Path) -> Iterator[tuple[str, str]]:
    """The private names that one file imports, reads or replaces."""
    tree = ast.parse(path.read_text())
    modules = {name: module for name, module in imported(tree) if module.startswith("ministack.")}
    for module in modules.values():
        owner, _, name = module.rpartition(".")
        if name.startswith("_"):
            yield owner, name
    constants = {
        ast.unparse(node.targets[0]): node.value for node in tree.body if isinstance(node, ast.Assign)
    }  # tuples of names, which a loop replaces
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.startswith("_"):
            if node.value.id in modules:
                yield modules[node.value.id], node.attr
        elif isinstance(node, ast.Call):
            for module, name in _named(node, modules):
                if name.startswith("_"):
                    yield module, name
        elif isinstance(node, ast.For):
            looped = constants.get(ast.unparse(node.iter), node.iter)
            names = [one.value for one in getattr(looped, "elts", ()) if isinstance(one, ast.Constant)]
            for call in ast.walk(node):
                if isinstance(call, ast.Call):
                    for module, name in _named(call, modules):
                        if name == ast.unparse(node.target):
                            yield from ((module, str(one)) for one in names if str(one).startswith("_"))


def _named(call: ast.Call, modules: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The module and the name in `replace(module, name, …)`: its text, or the variable that holds it."""
    if ast.unparse(call.func) in REPLACING and len(call.args) > 1 and ast.unparse(call.args[0]) in modules:
        name = call.args[1]
        yield (
            modules[ast.unparse(call.args[0])],
            str(name.value) if isinstance(name, ast.Constant) else ast.unparse(name),
        )
