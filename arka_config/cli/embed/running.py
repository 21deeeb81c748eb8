"""Whether the running command of an author's program prints JSON."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from arka_config.cli.runtime.click_context import current_session

if TYPE_CHECKING:
    from argparse import Namespace

    from arka_config.app_identity import AppIdentity


def wants_json(app: AppIdentity, namespace: Namespace | None) -> bool:
    """Return whether the running command, or the one that the Namespace belongs to, was given `--json`."""
    if namespace is not None:
        from arka_config.cli.embed import argparse

        return argparse.wants_json(namespace)
    click = sys.modules.get("click")
    context = None if click is None else click.get_current_context(silent=True)
    if context is not None:
        return current_session(context, app).json
    if "typer" not in sys.modules:
        return False
    from arka_config.cli.embed.typer import typer_session

    session = typer_session(app)
    return session is not None and session.json
