"""Writes the SBOM of a build: what its pinned requirements bring, as CycloneDX, with their hashes and no host's name.

    python .ci/sbom.py PATH

`cyclonedx-py` makes it of requirements/runtime.txt, with all extras, and checks it against the standard's schema. It
takes the hashes for those of downloads from one registry; whoever has another one has the same files, so that they are
kept and the addresses are not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def made() -> dict[str, Any]:
    """The document of `cyclonedx-py`: the same for the same requirements."""
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", "requirements/runtime.txt"]
    options = ["--pyproject", "pyproject.toml", "--mc-type", "library", "--output-reproducible", "--short-PURLs"]
    done = subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def without_hosts(document: dict[str, Any]) -> dict[str, Any]:
    """The same, with each component's hashes as properties in place of references that name a host."""
    for tool in document["metadata"].get("tools", {}).get("components", []):
        tool.pop("externalReferences", None)
    for component in document["components"]:
        component.pop("description", None)  # the line of the file, once more
        references = component.pop("externalReferences", [])
        hashes = sorted(each["content"] for reference in references for each in reference.get("hashes", []))
        component["properties"] = [{"name": "arka-config:pinned:sha256", "value": value} for value in hashes]
    return document


def main() -> None:
    """Writes it."""
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    document = without_hosts(made())
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"{path}: {len(document['components'])} components")


if __name__ == "__main__":
    main()
