"""Write the JSON Schema of templates to profiles/. `make docs` runs this."""

from __future__ import annotations

from pathlib import Path

from arka_config.arka import app
from arka_config.templates.model import json_schema_text

FILE = Path(__file__).parents[1] / "profiles" / "template.schema.json"

if __name__ == "__main__":
    FILE.write_text(json_schema_text(app), "utf-8")
    print(f"wrote {FILE}")
