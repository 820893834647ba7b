"""The secrets of the emulated AWS: each account's own, those of IAM users' keys, and those of sessions."""

from __future__ import annotations

import re

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session

from emulator.cloud.gateway.signature import SecretOf
from emulator.cloud.key import Key

_ACCOUNT = re.compile(r"\d{12}")


def secret_of(key: Key) -> SecretOf:
    """Knows the secret of an access key id with its session token.

    An account's number is the access key id of whoever holds the checkout's key, as if of its root user. All others
    were made by calls to IAM and STS, and MiniStack remembers them; a session's token must be its own.
    """

    def known(access_key: str, token: str) -> str | None:
        if _ACCOUNT.fullmatch(access_key):
            return None if token else key.secret(access_key)
        try:
            account = _account_from_sts_session(access_key) or iam_evaluator.find_iam_access_key_account(access_key)
        except iam_evaluator.AmbiguousAccessKeyError:
            return None
        if account is None:
            return None
        found = iam_evaluator.resolve_credential(access_key, account, token)
        # Empty, or `test`, MiniStack would take for a root user's.
        if not isinstance(found, iam_evaluator.ResolvedCredential) or found.principal_type == "Root":
            return None
        return str(found.secret_access_key)

    return known
