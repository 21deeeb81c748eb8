"""The JSON Schema of templates, made of the model and the settings class, for editors to complete and check by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity


def schema(app: AppIdentity) -> dict[str, Any]:
    """The schema of an app's templates."""
    from arka_config.references.registry import KINDS
    from arka_config.templates.model import SOURCES, TemplateFile

    document = TemplateFile.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = f"A template of {app.name}"
    tables = document["$defs"]
    token = tables["TokenTable"]
    token["oneOf"] = [{"required": [source]} for source in SOURCES]
    token["dependentSchemas"] = {"copy": {"anyOf": [{"required": [source]} for source in KINDS]}}
    document["properties"]["settings"] = _settings(app)
    fit: dict[str, Any] = _without_nulls(document)
    return fit


def text(app: AppIdentity) -> str:
    """The schema as it is checked in."""
    return json.dumps(schema(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _settings(app: AppIdentity) -> dict[str, Any]:
    """The settings, nested as they are nested. A secret one has no place in a template."""
    from pydantic import TypeAdapter

    settings: dict[str, Any] = {"type": "object", "description": "the profile's settings"}
    if app.settings is None:
        return settings
    for leaf in app.settings_class().leaves().values():
        if not leaf.field.key.startswith("settings.") or leaf.field.secret:
            continue
        *folders, name = leaf.field.path
        table = settings
        for folder in folders:
            properties = table.setdefault("properties", {})
            table = properties.setdefault(folder, {"type": "object", "additionalProperties": False})
        described = TypeAdapter(leaf.info.rebuild_annotation()).json_schema()
        if leaf.info.description:
            described["description"] = leaf.info.description
        table.setdefault("properties", {})[name] = described
    return settings | {"additionalProperties": False}


def _without_nulls(value: Any) -> Any:
    """The schema without `null`, which TOML does not have, and without titles that say nothing."""
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # pydantic 2.10 has a float's limits as floats, and later ones as they were written
    if not isinstance(value, dict):
        return value
    kept = {key: _without_nulls(item) for key, item in value.items() if not _says_nothing(key, item, value)}
    options = [option for option in kept.get("anyOf", []) if option != {"type": "null"}]
    if "anyOf" in kept and len(options) == 1:
        del kept["anyOf"]
        kept = options[0] | kept
    elif "anyOf" in kept:
        kept["anyOf"] = options
    return kept


def _says_nothing(key: str, item: Any, within: dict[str, Any]) -> bool:
    """Whether a key is a default that is no value of TOML, or a title that repeats a name."""
    if key == "default":
        return item is None or isinstance(item, dict)
    return key == "title" and isinstance(item, str) and "$defs" not in within
