"""Types of settings with a value of each, and settings classes that have one field of a type."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from uuid import UUID

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    Json,
    RootModel,
    StrictBool,
    StrictInt,
    Tag,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_settings import BaseSettings, ForceDecode, NoDecode
from typing_extensions import TypeAliasType, TypedDict

from arka_config import App, ProfileSettings

if TYPE_CHECKING:
    from collections.abc import Mapping


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: list[str] = []


class Square(BaseModel):
    side: float


class Circle(BaseModel):
    radius: float


class Node(BaseModel):
    name: str = "root"
    child: Node | None = None


class Names(RootModel[list[str]]):
    pass


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


@pydantic_dataclass
class Limits:
    low: int = 0
    high: int = 10


class Movie(TypedDict):
    title: str
    year: int


class Pair(NamedTuple):
    left: int
    right: str


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Inner(BaseModel):
    retries: int = 3
    hosts: list[str] = []


Hosts = TypeAliasType("Hosts", list[str])
Count = TypeAliasType("Count", int)
Alias = TypeAliasType("Alias", Inner)
Split = Annotated[list[int], NoDecode, BeforeValidator(lambda text: text.split(",") if isinstance(text, str) else text)]
Words = Annotated[list[str], BeforeValidator(lambda text: text.split() if isinstance(text, str) else text)]
Minutes = Annotated[int, BeforeValidator(lambda text: int(text) * 60 if isinstance(text, str) else text)]
Even = Annotated[int, AfterValidator(lambda number: number * 2)]
ByKind = Annotated[Cat | Dog, Field(discriminator="kind")]


def _shape(value: Any) -> str:
    return "circle" if (value.get("radius") if isinstance(value, dict) else hasattr(value, "radius")) else "square"


ByShape = Annotated[Annotated[Square, Tag("square")] | Annotated[Circle, Tag("circle")], Discriminator(_shape)]


class Case(NamedTuple):
    """A type, and one value of it as the text of a variable.

    `words` are the option's texts if they differ from the variable's. `toml` is the value in a profile if it is neither
    the variable's text nor, for JSON, what that says.
    """

    annotation: Any
    text: str
    words: tuple[str, ...] = ()
    toml: Any = None
    config: dict[str, Any] = {}  # never changed


CASES: dict[str, Case] = {
    "str": Case(str, "5"),
    "int": Case(int, "5", toml=5),
    "float": Case(float, "2.5", toml=2.5),
    "bool": Case(bool, "yes", toml=True),
    "bytes": Case(bytes, "abc"),
    "Decimal": Case(Decimal, "1.10"),
    "Path": Case(Path, "a/b"),
    "UUID": Case(UUID, "12345678-1234-5678-1234-567812345678"),
    "date": Case(date, "2026-01-31", toml=date(2026, 1, 31)),
    "timedelta": Case(timedelta, "PT90S"),
    "URL": Case(HttpUrl, "https://api.acme.example/v1"),
    "ByteSize": Case(ByteSize, "2KiB"),
    "Enum": Case(Color, "red"),
    "IntEnum": Case(Level, "2", toml=2),
    "int or None": Case(int | None, "5", toml=5),
    "Literal": Case(Literal["a", "b"], "b"),
    "Literal of a numeric Enum": Case(Literal[Level.LOW, Level.HIGH], "2", toml=2),
    "Literal of an Enum or None": Case(Literal[Level.LOW] | None, "1", toml=1),
    "list of text": Case(list[str], '["a", "b"]', ("a", "b")),
    "list or None": Case(list[str] | None, '["a", "b"]', ("a", "b")),
    "list of numbers": Case(list[int], "[1, 2]", ("1", "2")),
    "list of strict numbers": Case(list[StrictInt], "[1, 2]", ("1", "2")),
    "list of numeric Literals": Case(list[Literal[1, 2]], "[1, 2]", ("1", "2")),
    "list of models": Case(list[Inner], '[{"retries": 1}]'),
    "list of lists": Case(list[list[int]], "[[1], [2, 3]]"),
    "set": Case(set[int], "[1, 2]", ("1", "2")),
    "tuple of two types": Case(tuple[int, str], '[1, "a"]', ("1", "a")),
    "NamedTuple": Case(Pair, '[1, "a"]', ('[1, "a"]',)),
    "table": Case(dict[str, int], '{"a": 1}'),
    "table of lists": Case(dict[str, list[int]], '{"a": [1, 2]}'),
    "text or list, text": Case(str | list[str], "a"),
    "text or list, list": Case(str | list[str], '["a"]'),
    "number or table": Case(int | dict[str, int], '{"a": 1}'),
    "union of models": Case(Square | Circle, '{"radius": 2}'),
    "union of models or None": Case(Square | Circle | None, '{"side": 1.5}'),
    "discriminated union": Case(ByKind, '{"kind": "dog", "tricks": ["sit"]}'),
    "discriminated union or None": Case(ByKind | None, '{"kind": "cat", "lives": 3}'),
    "union with a function as discriminator": Case(ByShape, '{"radius": 2}'),
    "table of a discriminated union": Case(dict[str, ByKind], '{"a": {"kind": "dog"}}'),
    "dataclass": Case(Point, '{"x": 1, "tags": ["a"]}'),
    "dataclass of pydantic": Case(Limits, '{"high": 3}'),
    "dataclass or None": Case(Point | None, '{"x": 1}'),
    "TypedDict": Case(Movie, '{"title": "M", "year": 1931}'),
    "RootModel": Case(Names, '["a", "b"]'),
    "RootModel or None": Case(Names | None, '["a", "b"]'),
    "alias of a list": Case(Hosts, '["a"]', ("a",)),
    "alias of a number": Case(Count, "5", toml=5),
    "alias or None": Case(Hosts | None, '["a"]', ("a",)),
    "Json": Case(Json[list[int]], "[1, 2]", toml="[1, 2]"),
    "Json of anything": Case(Json, '{"a": 1}', toml='{"a": 1}'),
    "strict number or None": Case(StrictInt | None, "5", toml=5),
    "strict bool or None": Case(StrictBool | None, "true", toml=True),
    "strict class, number": Case(int, "5", toml=5, config={"strict": True}),
    "strict class, path": Case(Path, "a/b", config={"strict": True}),
    "strict class, date": Case(date, "2026-01-31", config={"strict": True}),
    "strict class, Enum": Case(Color, "red", config={"strict": True}),
    "NoDecode": Case(Split, "1,2", ("1,2",), "1,2"),
    "decoding disabled": Case(Words, "a b", ("a b",), "a b", {"enable_decoding": False}),
    "decoding disabled but for one": Case(
        Annotated[list[int], ForceDecode], "[1, 2]", ("1", "2"), config={"enable_decoding": False}
    ),
    "names of Enum members": Case(Color, "RED", ("red",), "red", {"env_parse_enums": True}),
    "text that stands for None": Case(int | None, "none", config={"env_parse_none_str": "none"}),
    "constraint": Case(Annotated[int, Field(ge=1)], "5", toml=5),
    "validator before": Case(Minutes, "5"),
    "validator after": Case(Even, "5", toml=5),
}
KEPT = {name: case for name, case in CASES.items() if case.text != "none"}  # TOML has no null


class OneClass(App):
    """An app with one settings class, which is not at the top level of a module."""

    cls: type[ProfileSettings]

    def settings_class(self) -> type[ProfileSettings]:
        return self.cls


def make(annotation: Any, more: Mapping[str, Any] | None = None, **config: Any) -> tuple[Any, OneClass]:
    """Return a plain settings class and an app with the same class of ours, both with one field, `value`."""
    body = {"__annotations__": {"value": annotation}, "__module__": __name__, **(more or {})}
    names = {"env_prefix": "ACME_", "env_nested_delimiter": "__"}
    plain = type("Plain", (BaseSettings,), {**body, "model_config": names | config})
    app = OneClass("acme", settings="replaced:below")
    ours = type("Ours", (ProfileSettings,), {**body, "model_config": ConfigDict(**config), "app": app})  # type: ignore[typeddict-item]  # settings keys too
    app.cls = ours
    return plain, app


def expected(plain: Any, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """Return the value that pydantic-settings reads."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    return plain().value


def same(actual: object, wanted: object) -> None:
    assert actual == wanted
    assert type(actual) is type(wanted)
