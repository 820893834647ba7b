"""Templates of the database's connection parameters."""

from __future__ import annotations

import pytest

from infra.settings.values import connection

AWS = connection.places("db.internal", 5432, "shop", verify_tls=True, ca_bundle="/ca.pem")
LOCAL = connection.places("172.17.0.1", 15432, "shop", verify_tls=False, ca_bundle=None)
SECRET = "arn:secret"


@pytest.mark.parametrize(
    ("text", "travels", "on_aws", "local"),
    [
        ("{host}", "plain", "db.internal", "172.17.0.1"),
        ("jdbc:postgresql://{host}:{port}/{name}", "plain", "jdbc:postgresql://db.internal:5432/shop",
         "jdbc:postgresql://172.17.0.1:15432/shop"),
        ("{sslMode}", "plain", "verify-full", "require"),
        ("{caBundle}", "plain", "/ca.pem", ""),
        ("{username}", "alone", None, None),
        ("{password}", "alone", None, None),
        ("{username}{password}", "composed", "{username}{password}", "{username}{password}"),
        ("{username}:{password}@{host}?sslmode={sslMode}", "composed",
         "{username}:{password}@db.internal?sslmode=verify-full",
         "{username}:{password}@172.17.0.1?sslmode=require"),
    ],
)  # fmt: skip
def test_login_decides_how_a_variable_reaches_a_task(
    text: str, travels: str, on_aws: str | None, local: str | None
) -> None:
    assert connection.travels(text) == travels
    for places, wanted in ((AWS, on_aws), (LOCAL, local)):
        found = {"plain": connection.plain, "composed": connection.composed}
        for kind, function in found.items():
            assert function({"NAME": text}, places) == ({"NAME": wanted} if kind == travels else {})


@pytest.mark.parametrize(
    ("text", "whole", "reference"),
    [
        ("{host}", True, None),
        ("{password}", True, "arn:secret:password::"),
        ("{username}", False, "arn:secret:username::"),
        ("{username}@{host}", True, "arn:secret:NAME::"),
        ("{username}@{host}", False, None),
    ],
)
def test_a_reference_names_a_key_of_the_logins_secret(text: str, whole: bool, reference: str | None) -> None:
    assert connection.references({"NAME": text}, SECRET, whole=whole).get("NAME") == reference
