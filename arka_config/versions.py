"""The version of a program that is built on this package."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


def toolkit_version() -> str:
    """Return the version of this package."""
    return metadata.version("arka-config")


def app_version(app: AppIdentity) -> str | None:
    """Return the version that an app declares, else that of the distribution that it is installed from; None if it is
    not installed from any."""
    if app.version:
        return app.version
    names = [app.distribution]
    if not app.distribution:
        package = (app.settings or "").partition(":")[0].partition(".")[0]
        names = list(metadata.packages_distributions().get(package, ()))
    try:
        return metadata.version(names[0]) if names else None
    except metadata.PackageNotFoundError:
        return None


def version_line(app: AppIdentity, program: str) -> str:
    """Return what `--version` prints."""
    return f"{program} {app_version(app) or '(version unknown)'}"
