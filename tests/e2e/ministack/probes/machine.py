"""Faults that concern the machine on which the emulator runs: connections, containers, code of a caller."""

from __future__ import annotations

import http.client
import os
import socket
from urllib.parse import urlsplit

from tests.e2e.cloud.stage import until
from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

CONNECTIONS = 20
CLOSED_SECONDS = 2.0
"""Within which the emulator closes what its clients have closed; Hypercorn's own time-out is 75 s."""
DELIVERY_SECONDS = 2.0
"""Within which SNS calls a new subscription's address."""


def left_connections_stay_open(account: Account) -> bool:
    """Connections that their clients have closed stay open."""
    folder = f"/proc/{account.pid}/fd"
    before = len(os.listdir(folder))
    clients = [http.client.HTTPConnection(urlsplit(account.endpoint).netloc, timeout=5) for _ in range(CONNECTIONS)]
    for client in clients:
        client.request("GET", "/")
        client.getresponse().read()
    for client in clients:
        client.close()
    try:
        until(lambda: len(os.listdir(folder)) < before + CONNECTIONS / 2, CLOSED_SECONDS)
    except AssertionError:
        return True
    return False


def service_that_runs_code_is_served(account: Account) -> bool:
    """Lambda is served, which runs a caller's code on this machine."""
    return not code(account.client("lambda").list_functions)


def unnamed_container_is_swept(account: Account) -> bool:
    """The sweep at the start removes a container that names no instance of MiniStack."""
    return account.functions["unnamed_container_is_swept"]


def container_has_no_account(account: Account) -> bool:
    """A container carries no label with the account of the checkout."""
    return account.functions["container_has_no_account"]


def subscription_reaches_loopback(account: Account) -> bool:
    """A subscription to a topic makes the emulator call an address on this machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DELIVERY_SECONDS)
        sns = account.client("sns")
        topic = sns.create_topic(Name=account.name("topic"))["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        try:
            listener.accept()[0].close()
        except TimeoutError:
            return False
        return True


def event_reaches_loopback(account: Account) -> bool:
    """The destination of an event rule is called on this machine's loopback."""
    return account.functions["event_reaches_loopback"]


def identity_provider_is_reached(account: Account) -> bool:
    """The identity provider of a listener's action is called on this machine's loopback."""
    return account.functions["identity_provider_is_reached"]


PROBES = (
    Probe("closed_connection", left_connections_stay_open),
    Probe("gateway/services", service_that_runs_code_is_served),
    Probe("ownership", unnamed_container_is_swept),
    Probe("ownership", container_has_no_account),
    Probe("outward", subscription_reaches_loopback),
    Probe("outward", event_reaches_loopback),
    Probe("outward", identity_provider_is_reached),
)
