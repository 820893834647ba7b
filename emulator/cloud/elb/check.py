"""One health check: a real HTTP request to one target."""

from __future__ import annotations

import http.client
import ssl
import time

from emulator.cloud.elb.health import Outcome, matches


def check(protocol: str, host: str, port: int, path: str, timeout: float, matcher: str) -> Outcome:
    """Ask the target once.

    Args:
        protocol: HTTP or HTTPS; a certificate is not verified, as ALB does not verify a target's.
        timeout: seconds for the whole check.
        matcher: the statuses that pass.

    Source: reason codes of TargetHealth (ELB API reference).
    """
    connection: http.client.HTTPConnection
    if protocol == "HTTPS":
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=_unverified())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    began = time.monotonic()
    try:
        connection.request("GET", path, headers={"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"})
        status = connection.getresponse().status
    except TimeoutError:
        return Outcome(False, "Target.Timeout", "Request timed out")
    except (OSError, http.client.HTTPException):
        return Outcome(False, "Target.FailedHealthChecks", "Health checks failed")
    finally:
        connection.close()
    if time.monotonic() - began > timeout:
        return Outcome(False, "Target.Timeout", "Request timed out")
    if not matches(status, matcher):
        return Outcome(False, "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]")
    return Outcome(True)


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
