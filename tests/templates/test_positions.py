"""The position of every key in a template's text."""

from __future__ import annotations

import tomllib

import pytest

from arka_config.templates.positions import Position, TemplateText

STYLES = """# a comment = [x]
version = 1 # another
"quoted key" = '''
[not.a.table]
'''
a.b.c = { d = 1, "e" = [ { f = "}" }, 2 ] }
[t]
when = 2026-11-24 12:00:00
list = [
  "x", # ]
  'y',
]
[[many]]
n = 1
[[many]]
n = 2
[many.inner]
z = \"\"\"a\\\"\"\"\"\"
"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        (("version",), (2, 1)),
        (("quoted key",), (3, 1)),
        (("a", "b"), (6, 1)),
        (("a", "b", "c", "d"), (6, 11)),
        (("a", "b", "c", "e", "0", "f"), (6, 28)),
        (("t",), (7, 2)),
        (("t", "when"), (8, 1)),
        (("t", "list", "1"), (11, 3)),
        (("many", "0", "n"), (14, 1)),
        (("many", "1", "n"), (16, 1)),
        (("many", "1", "inner", "z"), (18, 1)),
        (("t", "missing"), (7, 2)),
        (("nowhere",), (1, 1)),
    ],
)
def test_position_of_a_key_is_found_in_every_toml_style(path: tuple[str, ...], position: tuple[int, int]) -> None:
    tomllib.loads(STYLES)
    assert TemplateText("a.toml", "/", "a.toml", STYLES).position(path) == Position(*position)
