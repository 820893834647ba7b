"""What a command would not find in an image, by its files alone."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace

import pytest

from check.image.build import ImageConfig
from check.image.inside import FileEntry
from check.image.programs import missing

ELF = b"\x7fELF\x02\x01" + bytes(12) + b"\x3e\x00"
ARM = b"\x7fELF\x02\x01" + bytes(12) + b"\xb7\x00"


class Tree(dict[str, FileEntry]):
    """An image's files as plain data."""

    def entry(self, path: str) -> FileEntry | None:
        return self.get(path)

    def file(self, path: str, text: str | bytes = ELF, mode: int = 0o755) -> None:
        self[path] = FileEntry(path, "file", mode, head=text.encode() if isinstance(text, str) else text)

    def link(self, path: str, target: str) -> None:
        self[path] = FileEntry(path, "link", 0o777, target)


@pytest.fixture
def tree() -> Tree:
    found = Tree()
    for name in ("sh", "env", "node", "npx", "npm", "python3"):
        found.file(f"/usr/bin/{name}")
    found.file("/app/node_modules/prisma/cli.js", "#!/usr/bin/env node\n")
    found.link("/app/node_modules/.bin/prisma", "../prisma/cli.js")
    found.file("/app/migrate.sh", "#!/bin/sh\nset -e\n./node_modules/.bin/prisma migrate deploy\n")
    found.link("/bin/sh", "/usr/bin/sh")
    found.file("/app/package.json", json.dumps({"scripts": {"migrate": "prisma migrate deploy", "lost": "knex x"}}))
    return found


IMAGE = ImageConfig("x", folder="/app", path="/usr/local/bin:/usr/bin:/bin", architecture="amd64")

FINE = (
    "sh migrate.sh",
    "./migrate.sh",
    "/app/node_modules/.bin/prisma migrate deploy",
    "npx prisma migrate deploy",
    "npx --yes prisma@5.22.0 migrate deploy",
    "npm run migrate",
    "node node_modules/prisma/cli",
    "python3 -m anything",
    "sh -c 'cd elsewhere && ./what'",
    "env A=1 node node_modules/prisma/cli.js",
    "sh -c 'echo a > ./out && exec npx prisma x'",
    "sh -c './absent || true'",
)


@pytest.mark.parametrize("command", FINE)
def test_what_works_is_never_refused(tree: Tree, command: str) -> None:
    assert missing(tree, IMAGE, shlex.split(command)) is None


LOST = (
    (["pnpm", "db:migrate"], "pnpm is not in the image (PATH: "),
    (["npx", "knex", "migrate:latest"], "knex is not in the image's node_modules: npx would ask"),
    (["npm", "run", "absent"], "package.json has no script absent"),
    (["npm", "run", "lost"], "knex is not in the image (PATH: /app/node_modules/.bin:"),
    (["./absent.sh"], "./absent.sh is not in the image"),
    (["node", "dist/index.js"], "dist/index.js is not in the image (/app/dist/index.js)"),
    (["sh", "-c", "set -e; ./absent"], "./absent is not in the image"),
    (["/app"], "/app is a folder in the image"),
)


@pytest.mark.parametrize(("command", "says"), LOST, ids=[" ".join(one[0]) for one in LOST])
def test_what_is_not_there_is_named(tree: Tree, command: list[str], says: str) -> None:
    tree["/app"] = FileEntry("/app", "folder")
    found = missing(tree, IMAGE, command)
    assert found is not None
    assert str(found).startswith(says)
    assert found.remedy


def test_a_link_to_nothing(tree: Tree) -> None:
    del tree["/app/node_modules/prisma/cli.js"]
    for command in (["npx", "prisma"], ["./node_modules/.bin/prisma"], ["node", "node_modules/.bin/prisma"]):
        found = missing(tree, IMAGE, command)
        assert found is not None
        assert "is a link to /app/node_modules/prisma/cli.js, which is not in the image" in found.what


def test_scripts_are_followed_and_named(tree: Tree) -> None:
    tree.file("/app/outer.sh", "#!/bin/sh\nsh ./inner.sh\n")
    tree.file("/app/inner.sh", "node_modules/.bin/gone deploy\n")
    found = missing(tree, IMAGE, ["./outer.sh"])
    assert str(found) == "node_modules/.bin/gone is not in the image, called by /app/inner.sh, called by /app/outer.sh"


def test_pnpms_shim_leads_to_its_store(tree: Tree) -> None:
    shim = """#!/bin/sh
basedir=$(dirname "$(echo "$0" | sed -e 's,\\\\,/,g')")
case `uname` in
    *CYGWIN*) basedir=`cygpath -w "$basedir"`;;
esac
if [ -x "$basedir/node" ]; then
  exec "$basedir/node"  "$basedir/../.pnpm/prisma@5/cli.js" "$@"
else
  exec node  "$basedir/../.pnpm/prisma@5/cli.js" "$@"
fi
"""
    tree.file("/app/node_modules/.bin/tool", shim)
    found = missing(tree, IMAGE, ["./node_modules/.bin/tool"])
    assert found is not None
    assert "/app/node_modules/.bin/../.pnpm/prisma@5/cli.js is not in the image" in found.what
    tree.file("/app/node_modules/.pnpm/prisma@5/cli.js", "")
    assert missing(tree, IMAGE, ["./node_modules/.bin/tool"]) is None


@pytest.mark.parametrize(
    ("head", "mode", "says"),
    [
        (ELF, 0o644, "is in the image, but not executable"),
        (b"#!/usr/bin/env ruby\n", 0o755, "needs ruby, which is not in the image"),
        (b"#!/bin/sh\r\n", 0o755, "has a Windows line end"),
        (ARM, 0o755, "is built for another processor than the image (amd64)"),
    ],
)
def test_what_is_there_and_does_not_run(tree: Tree, head: bytes, mode: int, says: str) -> None:
    tree.file("/app/tool", head, mode)
    found = missing(tree, IMAGE, ["./tool"])
    assert found is not None
    assert says in found.what


def test_an_entry_point_comes_first_and_hands_over(tree: Tree) -> None:
    tree.file("/app/entry.sh", '#!/bin/sh\nset -e\nexec "$@"\n')
    image = replace(IMAGE, entrypoint=("/app/entry.sh",))
    assert missing(tree, image, ["npx", "prisma"]) is None
    assert missing(tree, image, ["absent"]) is not None
    assert missing(tree, replace(IMAGE, entrypoint=("node",)), ["absent"]) is None, (
        "an argument of node's, not a program"
    )
    assert missing(tree, replace(IMAGE, entrypoint=("/gone.sh",)), ["npx", "prisma"]) is not None
