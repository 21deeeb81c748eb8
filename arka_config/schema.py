"""How the keys of documents are described: the JSON that commands print, and the files.

Nothing of it is used at run time.

A document is a `TypedDict`: its fields have docstrings with the meaning, the unit, and when the key is omitted or null.
mypy checks the code that writes a document against it. `tools/json_schema.py` makes the reference and the JSON Schemas
of it, and the tests validate what is written against those.
"""

from typing import Annotated, NamedTuple, TypeAlias


class OneOf:
    """The values that a key can have in this version. A later version may add some."""

    def __init__(self, *values: object) -> None:
        self.values = values


class Form(NamedTuple):
    """How a text is formed: in words for the reference, and as a regular expression."""

    words: str
    pattern: str


_HEX = "[0-9a-f]"

Time: TypeAlias = Annotated[str, Form("time", r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
Hex8: TypeAlias = Annotated[str, Form("8 bytes", f"^{_HEX}{{16}}$")]
Hex12: TypeAlias = Annotated[str, Form("12 bytes", f"^{_HEX}{{24}}$")]
Hex16: TypeAlias = Annotated[str, Form("16 bytes", f"^{_HEX}{{32}}$")]
Hex32: TypeAlias = Annotated[str, Form("32 bytes", f"^{_HEX}{{64}}$")]
Hex48: TypeAlias = Annotated[str, Form("48 bytes", f"^{_HEX}{{96}}$")]
HexText: TypeAlias = Annotated[str, Form("bytes", f"^({_HEX}{{2}})+$")]
