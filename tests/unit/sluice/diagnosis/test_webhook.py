"""The address of an incoming webhook is a secret: masked where it is printed, refused by `sluice run --env`."""

from __future__ import annotations

import argparse
import json

import pytest

from sluice.cli.run import variable
from sluice.diagnosis.redaction.redact import MASK, redact
from tests.unit.sluice.diagnosis.webhooks import PLAIN, WEBHOOKS


@pytest.mark.parametrize("name", WEBHOOKS)
def test_the_secret_part_of_a_webhook_is_masked_and_the_rest_stays(name: str) -> None:
    start, secret = WEBHOOKS[name]
    for before, after in (("", ""), ("POST ", " answered 404"), ('{"url": "', '", "text": "deployed"}')):
        assert redact(f"{before}{start}{secret}{after}") == f"{before}{start}{MASK}{after}"
    assert redact(redact(start + secret)) == redact(start + secret)


@pytest.mark.parametrize("name", WEBHOOKS)
def test_a_variable_that_holds_a_webhook_is_refused_without_its_value(name: str) -> None:
    start, secret = WEBHOOKS[name]
    for value in (start + secret, json.dumps({"url": start + secret})):
        with pytest.raises(argparse.ArgumentTypeError) as refusal:
            variable(f"NOTIFY_URL={value}")
        assert str(refusal.value).startswith("NOTIFY_URL looks like a secret")
        assert "app.secrets" in str(refusal.value)
        assert secret not in str(refusal.value)


@pytest.mark.parametrize("address", PLAIN)
def test_a_plain_address_is_taken_and_not_masked(address: str) -> None:
    assert variable(f"NOTIFY_URL={address}") == ("NOTIFY_URL", address)
    assert redact(f"GET {address} 200") == f"GET {address} 200"
