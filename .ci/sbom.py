"""Write the SBOM of a build, as CycloneDX: its pinned requirements with their hashes, and without the names of hosts.

    python .ci/sbom.py PATH

`cyclonedx-py` derives it from requirements/runtime.txt, with all extras, and checks it against the schema. It records
each hash as that of a download from one registry. Other mirrors have the same files, so the hashes stay and the
addresses are removed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def create() -> dict[str, Any]:
    """Run `cyclonedx-py` and return its document, which is the same for the same requirements."""
    command = [str(Path(sys.executable).with_name("cyclonedx-py")), "requirements", "requirements/runtime.txt"]
    options = ["--pyproject", "pyproject.toml", "--mc-type", "library", "--output-reproducible", "--short-PURLs"]
    done = subprocess.run([*command, *options], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def remove_hosts(document: dict[str, Any]) -> None:
    """Replace each component's download references, which name a host, by its hashes. Changes the document."""
    for tool in document["metadata"].get("tools", {}).get("components", []):
        tool.pop("externalReferences", None)
    for component in document["components"]:
        component.pop("description", None)  # the line of the requirements file
        references = component.pop("externalReferences", [])
        hashes = sorted(each["content"] for reference in references for each in reference.get("hashes", []))
        component["properties"] = [{"name": "arka-config:pinned:sha256", "value": value} for value in hashes]


def main() -> None:
    """Write the file that the command line names."""
    path = Path(sys.argv[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    document = create()
    remove_hosts(document)
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    print(f"{path}: {len(document['components'])} components")


if __name__ == "__main__":
    main()
