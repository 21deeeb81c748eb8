"""How many requests per second a workspace answers, compared with an empty handler of the same framework.

Each serves alone, in a process of its own with the same server and settings; the load comes from this one.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import statistics
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

import uvicorn
from fastapi import FastAPI

from arka_config.arka import app
from arka_config.workspace.server import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CONNECTIONS = 16  # at the same time, each sending its next request after the response
SECONDS = 2.0  # for each round
_PATIENCE = 60  # seconds


class Target(NamedTuple):
    """A server, and the path and token of the request to it."""

    serve: Callable[..., None]
    arguments: tuple[object, ...]
    path: str
    token: str = ""


def empty() -> Target:
    """A handler that does nothing."""
    return Target(_serve_empty, (), "/empty")


def me(database_url: str, token: str) -> Target:
    """`GET /api/v1/me` with a valid token."""
    return Target(_serve_workspace, (database_url,), "/api/v1/me", token)


def per_second(targets: Mapping[str, Target], rounds: int) -> dict[str, float]:
    """Return the median of requests per second by name, of so many rounds in turn, after one to warm up."""
    counts: dict[str, list[float]] = {name: [] for name in targets}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_serve(target)) for name, target in targets.items()}
        for counted in (False, *[True] * rounds):
            for name, target in targets.items():
                rate = asyncio.run(_load(ports[name], target))
                if counted:
                    counts[name].append(rate)
    return {name: statistics.median(rates) for name, rates in counts.items()}


def _serve_empty(listener: socket.socket) -> None:
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @made.get("/empty")
    async def answer() -> dict[str, str]:
        return {}

    config = uvicorn.Config(made, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False)
    uvicorn.Server(config).run([listener])


def _serve_workspace(listener: socket.socket, database_url: str) -> None:
    serving.serve(serving.Service(app, database_url, "", "127.0.0.1"), listener, 1, lambda: None)


@contextmanager
def _serve(target: Target) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=target.serve, args=(listener, *target.arguments), daemon=True)
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join(_PATIENCE)


async def _load(port: int, target: Target) -> float:
    """Return the requests per second of all connections."""
    head = f"GET {target.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
    head += f"Authorization: Bearer {target.token}\r\n" if target.token else ""
    begin = time.perf_counter()
    asking = [_ask(port, f"{head}\r\n".encode(), begin + SECONDS) for _ in range(CONNECTIONS)]
    answered = await asyncio.wait_for(asyncio.gather(*asking), _PATIENCE)
    return sum(answered) / (time.perf_counter() - begin)


async def _ask(port: int, request: bytes, until: float) -> int:
    """Count the responses on one connection until a time. Raises SystemExit for an error status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while time.perf_counter() < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
        if not head.startswith(b"HTTP/1.1 200 "):
            raise SystemExit(f"an error under load: {head.splitlines()[0].decode()}")
        answered += 1
    writer.close()
    await writer.wait_closed()
    return answered
