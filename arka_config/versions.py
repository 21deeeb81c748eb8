"""The version of a program that is built on this package."""

from __future__ import annotations

from functools import cache
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
    package = (app.settings or "").partition(":")[0].partition(".")[0]
    name = app.distribution or (package and _find_distribution(package))
    try:
        return metadata.version(name) if name else None
    except metadata.PackageNotFoundError:
        return None


@cache
def _find_distribution(package: str) -> str:
    """Return the distribution that a package is installed from, or an empty text.

    This reads the list of files of every installed distribution, which can take longer than a request.
    """
    return next(iter(metadata.packages_distributions().get(package, ())), "")


def version_line(app: AppIdentity, program: str) -> str:
    """Return what `--version` prints."""
    return f"{program} {app_version(app) or '(version unknown)'}"
