"""The User-Agent of an app's requests: its own name and version (RFC 9110, section 10.1.5)."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


def user_agent(app: AppIdentity) -> str:
    """Return `octo/1.2.0`, or `octo` for a program that is not installed from a distribution."""
    name = getattr(app, "distribution", "")
    try:
        return f"{app.folder}/{metadata.version(name)}" if name else app.folder
    except metadata.PackageNotFoundError:
        return app.folder
