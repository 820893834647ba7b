"""What Prometheus may ask for: requests by route, method and status, their times, the use of the pools.

Labels are route templates and numbers, never a path, an id or a text: those may hold personal data.
https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, Info, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Anything else a client may invent becomes `other`: each label value is a time series that is kept."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds; the last one is the longest that a request may wait for the database."""

Usage = Callable[[], Mapping[str, Mapping[str, int]]]
"""The use of the pools now: for `master` and `tenants` the numbers by what they count."""

GAUGES = {
    "pools": "Pools of connections that are open",
    "connections": "Connections to the database, in use and idle",
    "connections_idle": "Connections that wait for a request",
    "requests_waiting": "Requests that wait for a connection",
}


class _Pools(Collector):
    def __init__(self, usage: Usage) -> None:
        self.usage = usage

    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = self.usage()
        for name, text in GAUGES.items():
            gauge = GaugeMetricFamily(f"notes_database_{name}", text, labels=["database"])
            for database, numbers in found.items():
                gauge.add_metric([database], numbers[name])
            yield gauge


class Metrics:
    """One application's numbers, since its start."""

    def __init__(self, version: str, usage: Usage) -> None:
        self.registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("notes_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "notes_request_seconds", "Time to answer", ["method", "route"], buckets=BUCKETS, registry=self.registry
        )
        Info("notes", "The release that answers", registry=self.registry).info({"version": version})
        self.registry.register(_Pools(usage))

    def count(self, method: str, route: str, status: int | None, seconds: float) -> None:
        """One request. status: None when the client left before it was answered."""
        known = method if method in METHODS else "other"
        self.requests.labels(known, route, str(status or "none")).inc()
        self.seconds.labels(known, route).observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self.registry)
