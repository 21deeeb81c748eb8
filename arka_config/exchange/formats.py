"""The formats of the files of `exchange/`, as types. They are for mypy, tests and the generated reference: nothing
imports them at run time."""

from typing import Annotated, TypedDict

from arka_config.exchange import legacy_origins
from arka_config.schema import OneOf


class LegacyOriginsFile(TypedDict):
    """The workspaces whose tokens may be written to the Node CLI's file."""

    version: Annotated[int, OneOf(legacy_origins.VERSION)]
    """the version of the format"""
    files: dict[str, list[str]]
    """the origins that were allowed, by the path of the file"""
