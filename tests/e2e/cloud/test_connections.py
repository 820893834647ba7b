"""What the emulator does with connections that clients have left."""

from __future__ import annotations

import http.client
import os
from functools import partial
from urllib.parse import urlsplit

from tests.e2e.cloud.stage import Stage, until
from tests.e2e.cloud.test_names import balancer, said

__all__ = ["balancer"]
CONNECTIONS = 40


def test_a_connection_that_its_client_closed_is_closed(stage: Stage, balancer: dict[str, str]) -> None:
    """Else a client with a connection for each request takes the last file descriptor in minutes."""
    stage.elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=said("here")
    )

    def opened() -> int:
        return len(os.listdir(f"/proc/{stage.cloud.pid}/fd"))

    def fewer(limit: float) -> bool:
        return opened() < limit

    for address in (balancer["DNSName"], urlsplit(stage.cloud.endpoint).netloc):
        before = opened()
        clients = [http.client.HTTPConnection(address, timeout=5) for _ in range(CONNECTIONS)]
        for client in clients:
            client.request("GET", "/")
            client.getresponse().read()
        assert opened() >= before + CONNECTIONS, "a client may ask once more on its connection"
        for client in clients:
            client.close()
        limit = before + CONNECTIONS / 2
        until(partial(fewer, limit), deadline=10)
