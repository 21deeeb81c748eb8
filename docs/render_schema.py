"""Write the JSON Schema of templates to profiles/: run by `make docs`."""

from __future__ import annotations

from pathlib import Path

from arka_config.arka import app
from arka_config.templates.schema import text

FILE = Path(__file__).parents[1] / "profiles" / "template.schema.json"

if __name__ == "__main__":
    FILE.write_text(text(app), "utf-8")
    print(f"wrote {FILE}")
