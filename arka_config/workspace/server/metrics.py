"""Metrics for Prometheus, on an address of their own: the public one does not serve them.

Each worker writes its own files in a temporary folder, and the main process adds them up when it is asked.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # read by prometheus_client when it is imported
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # seconds


class Metrics:
    """The counters of one worker."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        from prometheus_client import REGISTRY, Counter, Histogram

        registry = registry or REGISTRY
        self._requests = Counter(
            "workspace_requests",
            "Responses by method, route and status; status 0 if the connection ended before there was one.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "workspace_request_seconds", "Time to respond.", ["route"], buckets=_BUCKETS, registry=registry
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a response."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)


def parse_address(text: str) -> tuple[str, int]:
    """Return the host and port of `127.0.0.1:9464` or `[::1]:9464`. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    if colon and host and port.isascii() and port.isdecimal() and int(port[:6]) < 65536:
        return host.removeprefix("[").removesuffix("]"), int(port)
    raise UsageError("--metrics: that is not an address and a port", hint="--metrics 127.0.0.1:9464")


@contextmanager
def serve_metrics(address: str) -> Iterator[None]:
    """Serve the sum of all workers' metrics until the block ends. Workers that start in the block take part.

    Raises UsageError for an invalid address, ConfigError if it cannot be listened on.
    """
    host, port = parse_address(address)
    folder = tempfile.mkdtemp(prefix="workspace-metrics-")
    os.environ[_FOLDER] = folder
    try:
        server, thread = _start_server(host, port)
        with server:
            yield
            server.shutdown()
            thread.join()
    finally:
        del os.environ[_FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


def _start_server(host: str, port: int) -> tuple[WSGIServer, Thread]:
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no annotations
    try:
        return start_http_server(port, host, registry)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
    raise ConfigError(f"cannot serve metrics on {host}:{port}: {reason}", hint="--metrics ADDRESS:PORT")


def create_metrics() -> Metrics | None:
    """The metrics of this worker, or None if they are not served."""
    return Metrics() if _FOLDER in os.environ else None
