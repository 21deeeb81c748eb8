"""What a run of the guarantees counts, written into the folder that `GUARANTEES_NUMBERS` names."""

from __future__ import annotations

import os
import re

FULL = os.environ.get("GUARANTEES") == "full"  # everything that can be tried, and not the bounded part
# Read at import, as in peers.py.
_FOLDER = os.environ.get("GUARANTEES_NUMBERS")


def record(promise: str, of: str, number: str) -> None:
    """Writes down a number of a promise. Each caller has a file of its own: tests run at once."""
    if _FOLDER:
        name = re.sub(r"[^a-z0-9-]+", "-", of.lower())[:80]
        os.makedirs(_FOLDER, exist_ok=True)
        with open(os.path.join(_FOLDER, f"{promise}.{name}"), "w", encoding="utf-8") as file:
            file.write(number)
