"""A base class for boto3 clients that refuses incomplete answers of AWS.

Source: boto3's "Extensibility guide".
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.parsers import ResponseParserError

from sluice.aws import answers
from sluice.aws.answers import IncompleteAnswer
from sluice.clock import local_time

_READS = ("Describe", "List", "Get", "BatchGet")
"""Prefixes of read-only operations: an incomplete answer is requested again at once."""
_READ_TRIES = 3


def checked_client(dated: Callable[[str, float, float], None]) -> type:
    """Return a base class for clients whose answers are checked.

    Args:
        dated: receives the Date header of every answer, and this machine's time before and after the call.
    """

    class CheckedClient:
        def _parsed(self, operation_name: str, api_params: dict[str, Any]) -> Any:
            try:
                return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]
            except KeyError as error:  # raised by botocore for XML without the result's element
                raise IncompleteAnswer(operation=operation_name, lacking=f"{error} is missing") from error

        def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
            tries = _READ_TRIES if operation_name.startswith(_READS) else 1
            while True:
                tries -= 1
                before = local_time()
                try:
                    answer = self._parsed(operation_name, api_params)
                    metadata = answer.get("ResponseMetadata", {})
                    if not metadata.get("RetryAttempts"):
                        dated(str(metadata.get("HTTPHeaders", {}).get("date", "")), before, local_time())
                    if wanting := answers.lacking(operation_name, api_params, answer):
                        raise IncompleteAnswer(operation=operation_name, lacking=wanting)
                except (IncompleteAnswer, ResponseParserError):
                    if not tries:
                        raise
                    time.sleep(
                        0.2
                    )  # for a short failure of network or replica; the caller's Patience handles longer ones
                else:
                    return answer

    return CheckedClient


def refuse_partial_body(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse a body that is shorter than its Content-Length, or not JSON although the status is 200.

    botocore would parse it as an empty answer.

    Raises:
        IncompleteAnswer: the body is incomplete.
    """
    headers, body = response_dict["headers"], response_dict["body"]
    announced = headers.get("content-length")
    if not isinstance(body, bytes):
        return
    if announced is not None and str(announced).isdigit() and len(body) < int(announced):
        raise IncompleteAnswer(
            operation=operation_model.name, lacking=f"{len(body)} of {announced} bytes of its body arrived"
        )
    document = str(headers.get("content-type", "")).startswith("application/x-amz-json")
    if response_dict["status_code"] < 300 and document and not _is_json(body):
        raise IncompleteAnswer(operation=operation_model.name, lacking="its body is not a complete JSON document")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except ValueError:
        return False
    return True
