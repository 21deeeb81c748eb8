"""The command that installs an optional feature's packages, for hints.

The hint does not name the distribution alone: pip would look for it in the package index, which may not have it, or
another package of that name. PEP 610 records where pip found the installed one.
"""

from __future__ import annotations

import sys

NAME = "arka-config"


def install_command(extra: str) -> str:
    """Return a shell command that installs an extra into this environment.

    If the package was installed from a folder that still exists, or from a version control URL, the command installs it
    from there again, with the extra. Otherwise it names the extra's packages.
    """
    import os
    import shlex
    from importlib.metadata import PackageNotFoundError, distribution
    from importlib.util import find_spec

    pip = [sys.executable, "-m", "pip", "install"]
    if find_spec("pip") is None:  # as in an environment of uv
        pip = ["uv", "pip", "install", "--python", sys.executable]
    try:
        installed = distribution(NAME)
    except PackageNotFoundError:  # the package is on the path only
        folder = os.path.dirname(os.path.dirname(__file__))
        return shlex.join([*pip, f"{folder}[{extra}]"])
    source = _source(installed.read_text("direct_url.json") or "{}", extra)
    return shlex.join([*pip, *(source or _requirements(installed.requires or [], extra))])


def _source(direct_url: str, extra: str) -> list[str]:
    """Return pip's arguments for the source that the package was installed from; empty if it is unknown or gone."""
    import json
    import os
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    record = json.loads(direct_url)
    url = record.get("url", "")
    if "dir_info" in record:
        folder = url2pathname(urlsplit(url).path)
        if not os.path.exists(os.path.join(folder, "pyproject.toml")):
            return []
        return [*(["-e"] if record["dir_info"].get("editable") else []), f"{folder}[{extra}]"]
    if "vcs_info" in record:
        vcs = record["vcs_info"]
        revision = vcs.get("requested_revision") or vcs["commit_id"]
        return [f"{NAME}[{extra}] @ {vcs['vcs']}+{url}@{revision}"]
    return []


def _requirements(requires: list[str], extra: str) -> list[str]:
    """Return the requirements of an extra, and of the extras that it names."""
    import re

    found: list[str] = []
    for line in requires:
        requirement, _, marker = line.partition(";")
        rest, count = re.subn(rf"""(?: and )?extra == ["']{re.escape(extra)}["']""", "", marker.strip())
        if not count:
            continue
        if named := re.fullmatch(rf"{NAME}\[([\w-]+)\]", requirement.strip()):
            found += _requirements(requires, named[1])
        else:
            found.append(f"{requirement.strip()}; {rest}" if rest else requirement.strip())
    return found
