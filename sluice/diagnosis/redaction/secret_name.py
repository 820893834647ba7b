"""Decides which names of variables, keys and options stand for a secret, and which of their values are none. Pure.

``AWS_SECRET_ACCESS_KEY``, ``dbPassword``, ``--client-secret`` and ``apiKey`` do; ``primary_key``, ``keyboard``,
``token_count``, ``KeyError`` and ``PWD=/app`` do not.
"""

from __future__ import annotations

import re
from functools import lru_cache


def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+")

_WHOLE = _vocabulary(
    "pass dbpass userpass smtppass pgpass passcode pwd pw creds credential credentials secret token apikey accesskey "
    "secretkey privatekey authkey signingkey encryptionkey masterkey sharedkey accountkey sshkey licensekey hmackey "
    "appkey authorization cookie"
)
_ENDS = ("password", "passwd", "passphrase", "secret", "token", "credential", "credentials", "apikey", "pwd")

_ORDINARY_END = _vocabulary(
    "arn arns name names type ttl count length size expiry expires expiration expired policy version error errors "
    "exception rotation limit index field fields column columns bucket buckets usage provider manager format algorithm "
    "status required enabled lifetime age file path url uri endpoint order space spaces pair code word words handler "
    "strategy kind regex pattern validator prompt reset changed ring map set ref value at on date time timeout days "
    "min max attempts hashers"
)
"""A name with such an end describes a secret and is none: ``token_count``, ``SECRET_ARN``, ``PASSWORD_FILE``."""

_ORDINARY_KEY = _vocabulary(
    "primary foreign sort partition hash range unique composite natural surrogate cache lookup index object routing "
    "public idempotency i18n translation group message row record map dict json candidate cluster clustering "
    "distribution dist shard sharding join ordering order parent child duplicate event metric label tag locale "
    "kms lock advisory pk fk cursor page search query dedup deduplication bucket file first last next prev previous "
    "start exclusive evaluated current new old missing unknown invalid bad no column table field tenant item "
    "constraint"
)
"""Words in the names of keys that are no secrets: ``primary_key``, ``cacheKey``, ``LastEvaluatedKey``."""

_NO_VALUE = frozenset(("none", "null", "nil", "undefined", "true", "false"))
_PROSE = _vocabulary(
    "required missing must cannot could can is are was has not no field invalid incorrect expired wrong empty unset "
    "unknown the a an this should may will does failed"
)
_ARN = re.compile(r"arn:aws[a-z-]*:")
RANDOM = re.compile(r"(?![Aa][Rr][Nn]:)(?=[\w+.~-]{0,200}?\d)(?=[\w+.~-]{0,200}?[g-zG-Z])[\w+.~-][\w+/.~-]{15,}+={0,2}")
"""A value that looks like a cryptographic key: sixteen characters or more with digits and letters after f, so that it
is no hash, number or path."""


@lru_cache(maxsize=1024)
def promises_secret(name: str) -> bool:
    """Return whether the name alone makes its value a secret."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    if not parts or parts[-1] in _ORDINARY_END or (parts[-1] == "id" and "secret" not in parts):
        return False
    if any(part in _WHOLE or part.endswith(_ENDS) for part in parts):
        return True
    return "key" in parts and len(parts) > 1 and _ORDINARY_KEY.isdisjoint(parts)


def is_key(name: str) -> bool:
    """Return whether the name is just a key: most of those are not cryptographic."""
    return name.lower() == "key"


def is_no_secret(name: str, value: str, prose: bool) -> bool:
    """Return whether a value cannot be a secret: it is empty, an ARN or a working directory.

    Args:
        prose: the value follows a colon and a space, without quotes: "password: must not be empty".
    """
    plain = value.lower()
    if not plain or plain in _NO_VALUE or plain.strip("*") == "" or _ARN.match(plain):
        return True
    if name.lower() in ("pwd", "oldpwd") and value.startswith("/"):
        return True
    if name.lower() == "pass" and value.isdigit() and len(value) <= 4:
        return True
    return prose and plain.rstrip(".") in _PROSE
