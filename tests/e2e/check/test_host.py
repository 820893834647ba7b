"""An application that refuses hosts which it does not know: found in seconds, and what it needs is enough."""

from __future__ import annotations

import re
import time
from pathlib import Path

import yaml

from check.migrations.steps import TrialPlace
from tests.e2e.check.stage import ServerOf, Shop, first_failure

SERVER = "api/server.mjs"
SERVE = "http.createServer(router(routes))"
GUARD = """const known = (process.env.ALLOWED_HOSTS || '').split(',');
const guarded = (request, response) => {
  const host = (request.headers.host || '').replace(/:\\d+$/, '');
  if (!known.includes(host) && !(OPEN)) {
    console.error(`Invalid HTTP_HOST header: '${request.headers.host}'`);
    response.writeHead(400).end('Bad Request');
    return;
  }
  router(routes)(request, response);
};
http.createServer(guarded)"""


def guarded(folder: Path, allowed: str, everywhere: str = "false") -> Shop:
    """The shop behind a list of hosts. everywhere: which requests no list is asked for."""
    shop = Shop(folder)
    shop.edit(SERVER, SERVE, GUARD.replace("OPEN", everywhere))
    document = yaml.safe_load(shop.settings.read_text())
    document["config"]["app"]["environment"] = {"ALLOWED_HOSTS": allowed}
    shop.settings.write_text(yaml.safe_dump(document))
    shop.commit("hosts are checked")
    return shop


def test_the_load_balancers_check_is_refused(server: ServerOf, place: TrialPlace, tmp_path: Path) -> None:
    begun = time.monotonic()
    failure = first_failure(guarded(tmp_path, "${service.host}"), server, place)
    print(f"{time.monotonic() - begun:.1f} s")
    assert failure is not None
    assert failure.name == "service answers"
    assert "answers 400 at /live (app.livePath) within" in failure.what
    said = (
        r"the application refuses the Host header: the load balancer asks /live with [0-9.]+:3000 as Host, and gets 400"
    )
    assert re.search(said, failure.what)
    assert "add the tasks' own addresses to the allowed hosts" in failure.remedy


def test_users_are_refused(server: ServerOf, place: TrialPlace, tmp_path: Path) -> None:
    shop = guarded(tmp_path, "shop.example.com", "request.url === '/live'")
    failure = first_failure(shop, server, place)
    assert failure is not None
    assert "the rollout asks /health with localhost as Host" in failure.what
    assert "add `${service.host}` (app.environment) to the allowed hosts" in failure.remedy


def test_what_the_page_says_is_enough(server: ServerOf, place: TrialPlace, tmp_path: Path) -> None:
    """docs/host-header.md: the service's own name, and any host at app.livePath alone."""
    assert first_failure(guarded(tmp_path, "${service.host}", "request.url === '/live'"), server, place) is None
