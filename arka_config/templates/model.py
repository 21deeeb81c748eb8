"""The template file format: pydantic models, validation with plain messages, and the JSON Schema made from both.

The models are strict and closed. No message repeats a value.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from arka_config.references.registry import KINDS, kind_of
from arka_config.store import toml
from arka_config.text import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf
    from arka_config.templates.positions import Problem, TemplateText

VERSION = 1
SOURCES = (*KINDS, "prompt", "sealed", "issue")

Text = Annotated[str, Field(max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True, frozen=True)


class ProfileTable(_Table):
    """The profile that the machine should have."""

    name: Name = Field(description="the profile's name; {hostname}, {user} and {os} are replaced")
    description: Text = Field("", description="text for `profiles list`; {hostname}, {user} and {os} are replaced")
    api_url: Text | None = Field(None, description="the workspace's URL; if omitted, the app's default")


class WhenTable(_Table):
    """The machines that the template is for."""

    hostname: Name | None = Field(None, description="a pattern for the machine's name: runner-*")
    os: Literal["linux", "macos", "windows"] | None = Field(None, description="the operating system")


class IssueTable(_Table):
    """A new token, issued by the workspace."""

    label: Annotated[str, Field(min_length=1, max_length=100)] = Field(
        description="the token's name on the tokens page; {hostname}, {user} and {os} are replaced"
    )
    expires: Text | None = Field(None, description="when it expires: 5m, 1h, 90d, 12w, 3mo, 1y, or a date")


if TYPE_CHECKING:
    _ReferenceTable = _Table
else:
    _ReferenceTable = create_model(
        "_ReferenceTable",
        __base__=_Table,
        **{kind: (Name | None, Field(None, description=kind_of(kind).help)) for kind in KINDS},
    )


class TokenTable(_ReferenceTable):
    """The token's source: exactly one."""

    prompt: Literal[True] | None = Field(None, description="`apply` prompts for it, or run `login` later")
    sealed: Annotated[str, Field(max_length=1 << 16)] | None = Field(
        None, description="a token sealed for this machine's identity, as `seal` prints it"
    )
    issue: IssueTable | None = Field(None, description="the workspace issues a token")
    copy_: bool | None = Field(
        None, alias="copy", description="store a copy of the token; if omitted, the reference is kept"
    )

    @property
    def kinds(self) -> list[str]:
        """The sources that the table names."""
        return [kind for kind in SOURCES if getattr(self, kind) is not None]

    @model_validator(mode="after")
    def _check_one_source(self) -> Self:
        if len(self.kinds) != 1:
            found = " and ".join(self.kinds) or "no source"
            raise ValueError(f"names {found}, but needs exactly one of {', '.join(SOURCES)}")
        if self.copy_ is not None and self.kinds[0] not in KINDS:
            raise ValueError(f"has copy, which only works with {', '.join(KINDS)}: {self.kinds[0]} always stores")
        return self


class TemplateFile(_Table):
    """A template file."""

    version: Literal[1] = Field(description="the version of the file format")
    profile: ProfileTable
    when: WhenTable = Field(WhenTable(), description="only for machines that match")
    token: TokenTable | None = Field(None, description="the token's source; if omitted, the template has settings only")
    settings: dict[str, Any] = Field({}, description="the profile's settings, as in the settings class")


# Validation

_TABLES: dict[tuple[str, ...], type[BaseModel]] = {
    (): TemplateFile,
    ("profile",): ProfileTable,
    ("when",): WhenTable,
    ("token",): TokenTable,
    ("token", "issue"): IssueTable,
}
_MESSAGES = {
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "int_type": "must be an integer",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
}
_UNKNOWN_KEY = "extra_forbidden"
_FAILED_RULE = "value_error"

# Replacements for required values that are missing or wrong, so that the rest of the file can still be validated.
# Optional values are removed instead.
_STAND_INS: dict[tuple[str, ...], Any] = {("version",): 1, ("profile", "name"): "x", ("token", "issue", "label"): "x"}
_MAX_PASSES = 8  # removing a table may break a rule of the table around it; there are four levels


class _Fault(NamedTuple):
    """A validation error of pydantic: its type, and what is wrong or what was expected."""

    kind: str
    path: tuple[str, ...]
    detail: str


def validate(text: TemplateText, table: dict[str, Any], problems: list[Problem]) -> tuple[TemplateFile | None, bool]:
    """Validate a table and add its problems. Return the model without the bad values, and whether it is whole."""
    model, faults = _validate(table)
    problems += [text.problem(fault.path, _describe(fault, table)) for fault in faults]
    is_whole = not faults
    for _ in range(_MAX_PASSES):
        if not faults:
            break
        incomplete = {fault.path[:1] for fault in faults if fault.kind != _UNKNOWN_KEY}
        _remove_faults(table, faults)
        model, faults = _validate(table)
        # A failed rule may be a consequence of the value that was just removed: report it for other tables only.
        genuine = [fault for fault in faults if fault.kind == _FAILED_RULE and fault.path[:1] not in incomplete]
        problems += [text.problem(fault.path, _describe(fault, table)) for fault in genuine]
    return model, is_whole


def _validate(table: dict[str, Any]) -> tuple[TemplateFile | None, list[_Fault]]:
    try:
        return TemplateFile.model_validate(table), []
    except ValidationError as error:
        errors = error.errors(include_input=False, include_url=False)
    # Outside `except`, because pydantic's error contains the whole table.
    return None, [_Fault(one["type"], tuple(map(str, one["loc"])), _detail(one)) for one in errors]


def _detail(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    detail = context.get("error") or context.get("expected")  # of a failed rule, and of a literal
    return str(detail or error["msg"][:1].lower() + error["msg"][1:])


def _remove_faults(table: dict[str, Any], faults: list[_Fault]) -> None:
    """Remove or replace the bad values, outermost first."""
    for path in sorted(fault.path for fault in faults):
        if path == ("profile",):
            table["profile"] = {"name": _STAND_INS["profile", "name"]}
        else:
            toml.apply_changes(table, {path: _STAND_INS.get(path)})


def _describe(fault: _Fault, table: dict[str, Any]) -> str:
    kind, path, detail = fault
    key = shorten(".".join(path))
    if path == ("version",) and kind != "missing":
        version = table.get("version")
        is_newer = isinstance(version, int) and not isinstance(version, bool) and version > VERSION
        return f"version must be {VERSION}" + ("; update this program to read newer templates" if is_newer else "")
    if kind == _UNKNOWN_KEY:
        fields = _TABLES[path[:-1]].model_fields
        known = [field.alias or name for name, field in fields.items()]
        return f"unknown key '{key}'; " + (did_you_mean(path[-1], known) or f"the keys are {', '.join(known)}")
    if kind == "missing":
        return f"{key} is missing" + (f"; add: version = {VERSION}" if path == ("version",) else "")
    if kind == _FAILED_RULE:
        return f"{key} {detail}"
    if kind == "literal_error":
        return f"{key} must be {detail}".replace("True", "true")
    return f"{key} {_MESSAGES.get(kind, detail)}"


# JSON Schema


def json_schema(app: AppIdentity) -> dict[str, Any]:
    """Return the JSON Schema of an app's templates, which editors use to complete and validate them."""
    document = TemplateFile.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = f"A template of {app.name}"
    token = document["$defs"]["TokenTable"]
    token["oneOf"] = [{"required": [source]} for source in SOURCES]
    token["dependentSchemas"] = {"copy": {"anyOf": [{"required": [source]} for source in KINDS]}}
    document["properties"]["settings"], models = _settings_schema(app)
    document["$defs"] |= models
    simplified: dict[str, Any] = _simplify(document)
    return simplified


def json_schema_text(app: AppIdentity) -> str:
    """Return the text of `template.schema.json`."""
    return json.dumps(json_schema(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _settings_schema(app: AppIdentity) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings with their nesting, without secret ones, which are not allowed in a template.

    Also the definitions that they refer to. Two settings may have different models of one name, so the names begin with
    the setting's.
    """
    schema: dict[str, Any] = {"type": "object", "description": "the profile's settings"}
    definitions: dict[str, Any] = {}
    if app.settings is None:
        return schema, definitions
    for leaf in app.settings_class().leaves().values():
        if not leaf.field.key.startswith("settings.") or leaf.field.secret:
            continue
        *folders, name = leaf.field.path
        table = schema
        for folder in folders:
            properties = table.setdefault("properties", {})
            table = properties.setdefault(folder, {"type": "object", "additionalProperties": False})
        leaf_schema = _leaf_schema(leaf)
        for model, definition in leaf_schema.pop("$defs", {}).items():
            definitions[f"{leaf.field.name}.{model}"] = definition
        if leaf.info.description:
            leaf_schema["description"] = leaf.info.description
        table.setdefault("properties", {})[name] = leaf_schema
    return schema | {"additionalProperties": False}, definitions


def _leaf_schema(leaf: Leaf) -> dict[str, Any]:
    """The schema of one setting; an empty one, which accepts everything, if JSON Schema cannot describe its type."""
    from pydantic import PydanticUserError

    from arka_config.settings.fields import type_adapter

    try:
        return type_adapter(leaf).json_schema(ref_template=f"#/$defs/{leaf.field.name}.{{model}}")
    except PydanticUserError:
        return {}


def _simplify(value: Any) -> Any:
    """Return the schema without `null`, which TOML does not have, and without generated titles and defaults."""
    if isinstance(value, list):
        return [_simplify(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # pydantic 2.10 writes a float field's limits as floats, later versions as declared
    if not isinstance(value, dict):
        return value
    kept = {
        key: _simplify(item)
        for key, item in value.items()
        if not (key == "default" and (item is None or isinstance(item, dict)))
        and not (key == "title" and isinstance(item, str) and "$defs" not in value)
    }
    options = [option for option in kept.get("anyOf", []) if option != {"type": "null"}]
    if "anyOf" in kept and len(options) == 1:
        del kept["anyOf"]
        kept = options[0] | kept
    elif "anyOf" in kept:
        kept["anyOf"] = options
    return kept
