"""Write the pages of docs/reference/ that are made of the code: commands, errors, Python API, templates, workspace API.

`make docs` runs this. The pages say that they are generated; a test fails if one is not current.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

import arka_config
from arka_config import errors, testing
from arka_config.arka import app
from arka_config.cli.reference.document import write_markdown
from arka_config.cli.reference.man_pages import common_options, describe_command, walk_commands
from arka_config.cli.runtime.command_tree import program
from arka_config.templates.model import json_schema
from arka_config.workspace.server.serving import serve_in_thread

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
LONGEST = 80  # characters of a signature on one line
GENERATED = "This page is generated from the code."


def render() -> dict[str, str]:
    """Return the pages by their name in docs/reference/."""
    return {
        "command-line.md": "\n".join(command_line()),
        "errors.md": "\n".join(error_tree()),
        "python-api.md": "\n".join(python_api()),
        "template-schema.md": "\n".join(template_schema()),
        "workspace-api.md": "\n".join(workspace_api()),
    }


def command_line() -> Iterator[str]:
    """Yield the lines of the page about the usage and the options of every command."""
    yield f"# Command line\n\n{GENERATED} It has the usage and the options of every command, as"
    yield f"`{app.name} COMMAND --help` prints them. [Commands](commands.md) explains each with examples."
    yield "The options that every command has are at the top.\n"
    contexts = walk_commands(app, program(app))
    for context in contexts:
        yield f"## `{context.command_path}`\n"
        yield write_markdown(describe_command(app, context, common_options(contexts)))


def error_tree() -> Iterator[str]:
    """Yield the lines of the page about the errors."""
    yield f"# Errors\n\n{GENERATED} It has every error that arka-config raises, with the exit code of the command."
    yield "The errors are in `arka_config.errors`; programs import those that they usually catch from `arka_config`.\n"
    yield "| error | is a | exit code | meaning |\n|---|---|---|---|"
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.ConfigError)]
    for kind in kinds:
        bases = ", ".join(f"`{base.__name__}`" for base in kind.__bases__)
        yield f"| `{kind.__name__}` | {bases} | {kind.exit_code} | {first_sentence(kind)} |"
    yield "\n[Exit codes](exit-codes.md) lists the codes that are no error's.\n"


def python_api() -> Iterator[str]:
    """Yield the lines of the page about the public names."""
    yield f"# Python API\n\n{GENERATED} `arka_config` has these public names, and no others. [Settings](settings.md)"
    yield "explains how they are used, and [Build your own CLI](../tutorial/build-your-own-cli.md) leads through a"
    yield "first program.\n"
    for name in arka_config.__all__:
        yield from describe(name, getattr(arka_config, name))
    yield "## `arka_config.testing`\n"
    yield documentation(testing).partition("\n\nPYTEST_DONT_REWRITE")[0] + "\n"


def describe(name: str, found: Any) -> Iterator[str]:
    """Yield the description of a public name: its signature, docstring, and public members."""
    kind = "class" if isinstance(found, type) else "def"
    yield f"## `{name}`\n\n```py\n{kind} {name}{signature(found)}\n```\n\n{documentation(found)}\n"
    if not isinstance(found, type):
        return
    ours = [base for base in found.__mro__[1:] if base.__module__.startswith("arka_config.")]
    hooks = {member for base in found.__mro__[1:] if base not in ours for member in vars(base)}
    for base in ours:
        if base.__name__ in documentation(found) and base.__name__ not in arka_config.__all__:
            yield f"{documentation(base)}\n"
    for member, value in vars(found).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if member.startswith("_") or not (inspect.isfunction(function) or isinstance(value, property)):
            continue
        if member in hooks:  # of a library's class, such as pydantic's: not for authors to call
            continue
        text = documentation(function) or documentation(getattr(super(found, found), member, None))
        yield f"### `{name}.{member}`\n"
        if not isinstance(value, property):
            yield f"```py\ndef {member}{signature(function)}\n```\n"
        yield f"{text}\n"


class _Annotation(NamedTuple):
    """An annotation that is shown as it is written in the code."""

    text: str

    def __repr__(self) -> str:
        return self.text


def signature(found: Any) -> str:
    """Return a signature with the annotations of the code, on several lines if it is long; empty if there is none."""
    try:
        own = inspect.signature(found)
    except (TypeError, ValueError):
        return ""
    parameters = [
        each if each.annotation is each.empty else each.replace(annotation=as_written(each.annotation))
        for each in own.parameters.values()
        if each.name not in ("self", "cls")
    ]
    result = own.return_annotation
    result = "" if result in (own.empty, None, "None") else f" -> {as_written(result)!r}"
    line = f"({', '.join(map(str, parameters))})"
    if len(line) > LONGEST or any(each.kind is each.KEYWORD_ONLY for each in parameters):
        line = f"{own.replace(parameters=parameters, return_annotation=own.empty)}"
    if len(line) > LONGEST:
        star = next((n for n, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY), len(parameters))
        rows = [*map(str, parameters[:star]), *(["*"] if star < len(parameters) else []), *map(str, parameters[star:])]
        line = "(\n" + "".join(f"    {row},\n" for row in rows) + ")"
    return line + result


def as_written(annotation: Any) -> _Annotation:
    """Return an annotation without the names of the modules."""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)
    text = re.sub(r"\b(?:typing|collections\.abc|arka_config(?:\.\w+)*)\.(?=[A-Z])", "", text)
    return _Annotation(text)


def documentation(found: object) -> str:
    """Return a docstring as Markdown."""
    return inspect.getdoc(found) or ""


def first_sentence(found: object) -> str:
    """Return the first paragraph of a docstring, in one line for a table."""
    return " ".join(documentation(found).partition("\n\n")[0].split()).replace("|", r"\|")


def template_schema() -> Iterator[str]:
    """Yield the lines of the page about the keys of a template."""
    schema = json_schema(app)
    yield f"# Template keys\n\n{GENERATED} Every key of a [template](../guides/templates.md), from the schema that"
    yield "editors use, [`template.schema.json`](../../profiles/template.schema.json). Other keys are an error.\n"
    yield "## At the top\n"
    yield from key_table(schema, schema)
    for key, value in schema["properties"].items():
        table = resolve(schema, value)
        if "properties" in table:
            text = table.get("description") or value.get("description", "")
            yield f"\n## `[{key}]`\n\n{text[:1].upper()}{text[1:].rstrip('.')}.\n"
            yield from key_table(schema, table)
    yield "\n## `token.issue`\n"
    yield from key_table(schema, schema["$defs"]["IssueTable"])
    yield ""


def workspace_api() -> Iterator[str]:
    """Yield the lines of the page about the workspace's HTTP API."""
    with serve_in_thread(app) as workspace:
        document = httpx.get(f"{workspace.url}/openapi.json", trust_env=False).raise_for_status().json()
    yield f"# Workspace API\n\n{GENERATED} A workspace serves it as OpenAPI at `/openapi.json`."
    yield f"{document['info']['description']} The token is sent as `Authorization: Bearer TOKEN`.\n"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"## `{method.upper()} {path}`\n\n{operation['description']}\n"
            rows = [
                (
                    each["name"],
                    each["in"],
                    type_of(document, each["schema"]),
                    each.get("description", "") or each["schema"].get("description", ""),
                )
                for each in operation.get("parameters", ())
            ]
            if rows:
                yield "| parameter | in | type | meaning |\n|---|---|---|---|"
                yield from (f"| `{name}` | {place} | {kind} | {cell(text)} |" for name, place, kind, text in rows)
                yield ""
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            if body:
                yield f"Body: {type_of(document, body)}.\n"
            for code, response in operation["responses"].items():
                content = response.get("content", {}).get("application/json", {}).get("schema")
                if code.startswith("2"):
                    yield f"Response {code}: {type_of(document, content) if content else 'empty'}.\n"
    yield "## Objects\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        if "properties" in schema:
            yield f"### `{name}`\n\n{schema.get('description', '')}\n"
            yield from key_table(document, schema)
            yield ""


def key_table(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Yield a table of an object's keys."""
    required = schema.get("required", ())
    yield "| key | type | required | meaning |\n|---|---|---|---|"
    for key, value in schema["properties"].items():
        text = value.get("description") or resolve(document, value).get("description", "")
        yield f"| `{key}` | {type_of(document, value)} | {'yes' if key in required else 'no'} | {cell(text)} |"


def resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference of a JSON Schema."""
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def type_of(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """Describe the type of a JSON Schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        target = resolve(document, schema)
        return (
            f"[`{name}`](#{name.lower()})"
            if document.get("components") and "properties" in target
            else ("table" if "properties" in target else type_of(document, target))
        )
    if "const" in schema:
        return f"`{str(schema['const']).lower()}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(type_of(document, option) for option in options)
    if schema.get("type") == "array":
        return f"list of {type_of(document, schema['items'])}"
    kind = schema.get("type", "any")
    return {"object": "table", "date-time": "time (RFC 3339)", "uri": "URL", "path": "path"}.get(
        schema.get("format") or kind, kind
    )


def cell(text: str) -> str:
    """Return text for a table's cell."""
    return " ".join(text.split()).replace("|", r"\|")


def main() -> None:
    """Write every page."""
    for name, text in render().items():
        (FOLDER / name).write_text(text.rstrip("\n") + "\n", "utf-8")
    print(f"wrote {len(render())} pages to docs/reference/")


if __name__ == "__main__":
    main()
