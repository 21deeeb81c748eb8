"""How fast a workspace answers, compared with an empty handler of the same framework, server and settings.

Each serves in a process of its own. The load comes from `wrk`, one server at a time, in turn.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import statistics
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fastapi import FastAPI

from arka_config.arka import app
from arka_config.workspace.server import serving

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping, Sequence

CONNECTIONS = 16  # each sends its next request after the response
SECONDS = 2  # for each round, and half of it to warm up
_PATIENCE = 60  # seconds
_SCRIPT = Path(__file__).with_name("wrk.lua")


class Server(NamedTuple):
    """A function that serves on a listening socket, and its arguments."""

    serve: Callable[..., None]
    arguments: tuple[object, ...] = ()


class Target(NamedTuple):
    """A server by name, the requests to it in turn, and whether it has to reject them."""

    server: str
    requests: Sequence[str]
    connections: int = CONNECTIONS
    is_rejected: bool = False


class Load(NamedTuple):
    """Medians of all rounds: requests per second, and the median and 99th percentile of the latency in milliseconds."""

    rate: float
    median: float
    p99: float


def empty() -> Server:
    """A handler that does nothing, at `/empty`."""
    return Server(_serve_empty)


def workspace(database_url: str) -> Server:
    """A workspace with one worker."""
    return Server(_serve_workspace, (database_url,))


def find_wrk() -> str:
    """Return the path of wrk. Raises SystemExit if it is not installed."""
    program = shutil.which("wrk")
    if program is None:
        sys.exit("wrk is not on PATH: install it, for example with: apt install wrk")
    return program


def measure(
    servers: Mapping[str, Server], targets: Mapping[str, Target], rounds: int, scratch: Path
) -> dict[str, Load]:
    """Return the load of each target by name: so many rounds in turn, after one to warm up."""
    program = find_wrk()
    loads: dict[str, list[Load]] = {name: [] for name in targets}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_run(server)) for name, server in servers.items()}
        for counted in (False, *[True] * rounds):
            for name, target in targets.items():
                seconds = SECONDS if counted else SECONDS / 2
                load = _load(program, ports[target.server], target, scratch / "requests.txt", seconds)
                if counted:
                    loads[name].append(load)
    return {name: Load(*map(statistics.median, zip(*taken, strict=True))) for name, taken in loads.items()}


def _load(program: str, port: int, target: Target, file: Path, seconds: float) -> Load:
    """Run wrk once. Raises SystemExit if a response has another status than expected."""
    file.write_text("".join(f"{request}\n" for request in target.requests))
    options = [
        "--threads",
        "1",
        "--connections",
        str(target.connections),
        "--duration",
        f"{seconds:.0f}s",
        "--timeout",
        "20s",
    ]
    line = [program, *options, "--script", str(_SCRIPT), f"http://127.0.0.1:{port}/", "--", str(file)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=_PATIENCE)
    if done.returncode:
        sys.exit(f"wrk ended with {done.returncode}: {done.stderr or done.stdout}")
    summary = json.loads(done.stdout.splitlines()[-1])
    expected = summary["requests"] if target.is_rejected else 0
    if summary["broken"] or summary["rejected"] != expected:
        sys.exit(f"unexpected responses under load to {target.requests[0].partition(' arka_')[0]}: {summary}")
    return Load(summary["requests"] / summary["seconds"], summary["median"], summary["p99"])


def _serve_empty(listener: socket.socket) -> None:
    made = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @made.get("/empty")
    async def answer() -> dict[str, str]:
        return {}

    serving.create_server(made).run([listener])


def _serve_workspace(listener: socket.socket, database_url: str) -> None:
    serving.serve(serving.Service(app, database_url, "", "127.0.0.1"), listener, 1, lambda: None)


@contextmanager
def _run(server: Server) -> Iterator[int]:
    """Run a server in a process until the block ends, and yield its port."""
    with serving.listen("127.0.0.1", 0) as listener:
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=server.serve, args=(listener, *server.arguments), daemon=True)
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join(_PATIENCE)
