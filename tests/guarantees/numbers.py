"""The numbers that docs/guarantees.md shows, recorded in the folder that `GUARANTEES_NUMBERS` names."""

from __future__ import annotations

import os
import re

FULL = os.environ.get("GUARANTEES") == "full"  # try everything, rather than a bounded part
# Read at import: the `isolation` fixture changes the environment.
_FOLDER = os.environ.get("GUARANTEES_NUMBERS")


def record(topic: str, name: str, number: str) -> None:
    """Write one number of a topic into a file of its own: tests run in parallel."""
    if _FOLDER:
        slug = re.sub(r"[^a-z0-9-]+", "-", name.lower())[:80]
        os.makedirs(_FOLDER, exist_ok=True)
        with open(os.path.join(_FOLDER, f"{topic}.{slug}"), "w", encoding="utf-8") as file:
            file.write(number)
