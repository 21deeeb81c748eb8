"""Describe the documents that TypedDicts and pydantic models declare (`arka_config/schema.py`): for tables, and as JSON
Schema."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pydantic import BaseModel

from arka_config.schema import Form, OneOf

_PLAIN: dict[object, str] = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}
DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Key(NamedTuple):
    """A key of a document."""

    name: str
    type: Any
    is_required: bool
    meaning: str


def is_document(hint: object) -> bool:
    """Whether a type declares the keys of an object."""
    return is_typeddict(hint) or (isinstance(hint, type) and issubclass(hint, BaseModel) and hint is not BaseModel)


def keys(document: type) -> list[Key]:
    """Return the keys of a document in their order, those of its bases first."""
    texts: dict[str, str] = {}
    for base in reversed(bases(document)):
        texts |= field_docstrings(base)
    found = []
    for name, declared in get_type_hints(document, include_extras=True).items():
        if name not in texts:
            continue  # an attribute of pydantic's
        hint, is_required = declared, _is_total(document, name)
        while get_origin(hint) in (NotRequired, Required):
            is_required, (hint,) = get_origin(hint) is Required, get_args(hint)
        found.append(Key(name, hint, is_required, texts[name]))
    return found


def bases(document: type) -> list[type]:
    """Return a document and the documents that it extends, the nearest first."""
    return [document, *(each for base in _direct_bases(document) for each in bases(base))]


def _direct_bases(document: type) -> list[type]:
    """Return the documents that a document extends. Python 3.11 does not keep them."""
    names = [base.id for base in _source(document).bases if isinstance(base, ast.Name)]
    module = vars(sys.modules[document.__module__])
    return [module[name] for name in names if is_document(module[name])]


def _is_total(document: type, name: str) -> bool:
    """Whether the class that declares a key requires its keys unless they say otherwise."""
    owner = next(base for base in bases(document) if name in field_docstrings(base))
    return bool(getattr(owner, "__total__", True))


@functools.cache
def _source(document: type) -> ast.ClassDef:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(document))).body
    assert isinstance(tree, ast.ClassDef)
    return tree


@functools.cache
def field_docstrings(document: type) -> dict[str, str]:
    """Return the docstring after each field of a class."""
    found, body = {}, _source(document).body
    for field, text in zip(body, [*body[1:], None], strict=True):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(text, ast.Expr), f"{document.__name__}.{field.target.id} has no docstring"
            assert isinstance(text.value, ast.Constant), f"{document.__name__}.{field.target.id} has no docstring"
            found[field.target.id] = " ".join(str(text.value.value).split())
    return found


def name_of(document: type) -> str:
    """Return a document's name in the schema."""
    return document.__name__.removesuffix("Document")


def is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def schema_of(hint: Any, *, strict: bool) -> dict[str, Any]:
    """Return the JSON Schema of a type, with references to the documents in it.

    `strict` allows the keys and values of this version only; a reader must expect those of later versions too.
    """
    if hint in _PLAIN:
        return {"type": _PLAIN[hint]}
    if hint in (object, Any):
        return {}
    if is_document(hint):
        return {"$ref": f"#/$defs/{name_of(hint)}"}
    arguments = get_args(hint)
    if get_origin(hint) is Annotated:
        return _annotated_schema(arguments[0], arguments[1], strict=strict)
    if is_union(hint):
        return {"anyOf": [schema_of(each, strict=strict) for each in arguments]}
    if get_origin(hint) is Literal:
        return {"enum": list(arguments)}
    if get_origin(hint) in (list, tuple):
        return {"type": "array", "items": schema_of(arguments[0], strict=strict)}
    if get_origin(hint) is dict:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], strict=strict)}
    raise TypeError(f"no JSON Schema for {hint}")


def _annotated_schema(hint: Any, note: object, *, strict: bool) -> dict[str, Any]:
    schema = schema_of(hint, strict=strict)
    if isinstance(note, Form):
        return schema | {"pattern": note.pattern}
    assert isinstance(note, OneOf)
    return schema | ({"enum": list(note.values)} if strict else {"examples": list(note.values)})


def document_schema(document: type, *, strict: bool) -> dict[str, Any]:
    """Return the JSON Schema of a document."""
    found = keys(document)
    properties = {key.name: schema_of(key.type, strict=strict) | {"description": key.meaning} for key in found}
    return {
        "type": "object",
        "description": " ".join((inspect.getdoc(document) or "").split()),
        "properties": properties,
        "required": [key.name for key in found if key.is_required],
        "additionalProperties": not strict,
    }


def documents_in(*documents: type) -> list[type]:
    """Return documents, those in them and those that they extend, each once."""
    found: dict[type, None] = {}

    def visit(hint: Any) -> None:
        if is_document(hint) and hint not in found:
            found[hint] = None
            for base in bases(hint)[1:]:
                visit(base)
            for key in keys(hint):
                visit(key.type)
        for each in get_args(hint):
            visit(each)

    for document in documents:
        visit(document)
    return list(found)


def definitions(*documents: type, strict: bool = False) -> dict[str, Any]:
    """Return the JSON Schemas of documents and of those in them, by name."""
    found = documents_in(*documents)
    named = {name_of(each): document_schema(each, strict=strict) for each in found}
    assert len(named) == len(found), "two documents have one name"
    return named


def table(document: type) -> str:
    """Return a Markdown table of a document's own keys, after a line with its name and those of its bases."""
    name, extended = name_of(document), bases(document)[1:]
    line = f'<span id="{name}"></span>**`{name}`**'
    if extended:
        line += f": the keys of {' and '.join(link(each) for each in _direct_bases(document))}, and"
    lines = [line, "", "| key | type | meaning |", "|---|---|---|"]
    own = field_docstrings(document)
    for key in keys(document):
        if key.name in own:
            kind = type_words(key.type) + ("" if key.is_required else ", optional")
            lines.append(f"| `{key.name}` | {kind} | {_meaning(key)} |")
    return "\n".join(lines)


def link(document: type) -> str:
    return f"[`{name_of(document)}`](#{name_of(document)})"


def _meaning(key: Key) -> str:
    values = _values(key.type)
    listed = values and "#states" not in key.meaning and not all(value in key.meaning for value in values)
    return key.meaning.replace("|", r"\|") + (f": {', '.join(values)}" if listed else "")


def _values(hint: Any) -> list[str]:
    """Return the values that a text can have, for a reader; none if any."""
    if get_origin(hint) is Annotated and isinstance(note := get_args(hint)[1], OneOf):
        return [f"`{value}`" for value in note.values]
    if get_origin(hint) is Literal:
        return [f"`{value}`" for value in get_args(hint)]
    return next((found for each in get_args(hint) if (found := _values(each))), [])


def type_words(hint: Any, *, plural: bool = False) -> str:
    """Return a type in words: `array of strings`, `string or null`."""
    if is_union(hint):
        return " or ".join(dict.fromkeys(type_words(each, plural=plural) for each in get_args(hint)))
    if is_document(hint):
        return link(hint)
    arguments = get_args(hint)
    if get_origin(hint) is Annotated:
        words = arguments[1].words if isinstance(arguments[1], Form) else type_words(arguments[0])
        return f"{words}s" if plural and not words.endswith("s") else words
    if get_origin(hint) is Literal:
        return _PLAIN[type(arguments[0])]
    if get_origin(hint) in (list, tuple):
        return f"array{'s' if plural else ''} of {type_words(arguments[0], plural=True)}"
    if get_origin(hint) is dict and arguments[1] in (object, Any):
        return "object"
    if get_origin(hint) is dict:
        return f"object of {type_words(arguments[1], plural=True)}"
    words = _PLAIN.get(hint, "any")
    return f"{words}s" if plural and words != "any" else words
