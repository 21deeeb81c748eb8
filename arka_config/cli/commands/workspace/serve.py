"""`workspace serve`: serve the tokens page and the API until stopped."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from arka_config.app_identity import PLANS
from arka_config.cli.output import terminal
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command, feature_option
from arka_config.cli.runtime.sign_on_options import parse_sign_on, sign_on_options
from arka_config.cli.runtime.workspace_server import (
    database_option,
    find_database_url,
    name_migrate_command,
    parse_retention,
    require_server_extra,
    retention_options,
    trusted_proxies,
    url_option,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arka_config.cli.output.documents.workspace import ServingDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.logs import Format
    from arka_config.workspace.server.serving import Operation, Service
    from arka_config.workspace.server.workspace import Workspace


@command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="The port; 0 uses a free one."
)
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="The number of worker processes."
)
@url_option
@click.option(
    "--trusted-proxy",
    "proxies",
    metavar="CIDR",
    multiple=True,
    help="A network of proxies whose X-Forwarded-For is trusted; repeatable. Default: none.",
)
@feature_option(
    "--allow-upgrade", is_flag=True, help="Let users change their own plan on the billing page.", needs=PLANS
)
@click.option(
    "--leak-keys",
    metavar="PATH|URL",
    type=words.FILE,
    default="",
    help="The public keys of a secret-scanning partner that may report leaked tokens. Default: none.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log on stderr. json includes the audit log.",
)
@click.option("--access-log", is_flag=True, help="Log every request.")
@click.option(
    "--metrics", metavar="ADDRESS:PORT", default="", help="Serve metrics for Prometheus there. Default: none."
)
@retention_options
@sign_on_options
@database_option
def serve(
    session: Session,
    host: str,
    port: int,
    workers: int,
    url: str,
    proxies: tuple[str, ...],
    allow_upgrade: bool,
    leak_keys: str,
    log_format: Format,
    access_log: bool,
    metrics: str,
    keep_expired: str,
    keep_audit: str,
    database_url: str,
    **sso: object,
) -> None:
    """Serve the tokens page and the API until Ctrl-C or SIGTERM.

    \b
    {app} workspace serve
    {app} workspace add-user you@example.com[[plans: --plan pro]]      in another terminal

    To reach it from other machines, put a proxy that terminates TLS in front of it, and pass the proxy's URL as --url.
    """
    with require_server_extra():
        from arka_config.workspace.server import serving
        from arka_config.workspace.server.signing_keys import SigningKeys
        from arka_config.workspace.server.workspace import Workspace

        trusted = trusted_proxies(session, proxies)
        sign_on = parse_sign_on(sso)
        operation = serving.Operation(log_format, access_log, parse_retention(keep_expired, keep_audit))
        if leak_keys:
            SigningKeys(leak_keys)  # raises for keys that cannot be used now, before any worker starts
        database = find_database_url(session, database_url)
        with name_migrate_command(session, database_url):
            workspace = Workspace.open(session.app, database, url)
        workspace.close()
    service = serving.Service(
        session.app, database, workspace.url, host, trusted, allow_upgrade, leak_keys, operation
    )._replace(single_sign_on=sign_on)

    def started(local_url: str) -> None:
        _report(session, workspace, local_url, operation, has_database=bool(database_url))

    _serve(service, port, workers, metrics, started)


def _serve(service: Service, port: int, workers: int, metrics: str, started: Callable[[str], None]) -> None:
    """Serve until stopped. `started` is called with the URL on this machine, as `serving.serve` calls it."""
    from arka_config.workspace.server import logs, serving
    from arka_config.workspace.server.metrics import serve_metrics

    is_json = service.operation.log_format == "json"
    with serving.listen(service.host, port) as listener, serve_metrics(metrics) if metrics else nullcontext():
        service.configure_logs()
        for warning, hint in _list_warnings(service, is_exposed=serving.is_exposed(service.host)):
            if is_json:
                logs.SERVER.warning("%s: %s", warning, hint)
            else:
                terminal.warn(warning, hint=hint)
        serving.serve(service, listener, workers, lambda: started(serving.local_url(listener)))
    if is_json:
        logs.report_state("stopped")
    else:
        terminal.say("stopped")


def _list_warnings(service: Service, *, is_exposed: bool) -> Iterator[tuple[str, str]]:
    """Yield what is probably not meant, with a hint."""
    if is_exposed and not service.url:
        yield (
            f"other machines can connect to {service.host}, and tokens are sent to it in clear text",
            "listen on 127.0.0.1 behind a proxy that terminates TLS, and pass --url https://HOST",
        )
    if service.url.startswith("https:") and not service.trusted_proxies:
        yield (
            "no proxy is trusted, so all clients count as one address, in limits and in the audit log",
            "name the address of the proxy that terminates TLS: --trusted-proxy 127.0.0.1",
        )


def _report(
    session: Session, workspace: Workspace, local_url: str, operation: Operation, *, has_database: bool
) -> None:
    """Print the address: on stderr for the user, and with --json on stdout for a script that waits for the line."""
    from arka_config.workspace.server import logs
    from arka_config.workspace.server.workspace import DEFAULT_URL

    url = workspace.url or local_url
    if operation.log_format == "json":
        logs.report_state("serving", url=url, local_url=local_url, database=workspace.database.url)
    else:
        plan = " --plan pro" if session.app.has_plans else ""
        options = f" --url {url}" if url != DEFAULT_URL else ""
        options += " --database-url URL" if has_database else ""
        address = "" if url == local_url else f", on {local_url}"
        terminal.say(f"Serving the workspace of {session.app.title} at {url}{address}", mark="✓")
        terminal.say(f"  database: {session.with_tilde(workspace.database.url)}")
        terminal.say(
            f"  to add a user, in another terminal: {session.app.name} workspace add-user EMAIL{plan}{options}"
        )
        terminal.say("  Ctrl-C stops it")
    if session.json:
        document: ServingDocument = {"url": url}
        terminal.out(json.dumps(document))
        sys.stdout.flush()
