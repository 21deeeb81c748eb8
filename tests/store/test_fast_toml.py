"""The fast TOML reader returns the same as tomllib, or None if it cannot tell."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config.store.fast.toml import loads

SIMPLE = """\
# A profile
description = "Work laptop — ünïcode"   # what it is
api_url = "https://arka-ai.com/a#b"

[token]
env = "WORK_TOKEN"
\t[settings]
timeout = 30    # seconds\twith a tab
ratio = 0.5
debug=true
zero = 0
"-x" = 1
[settings.http]
retries = 3
agent = ""
"""

KEYS = st.sampled_from(["a", "b-c", "9", "A_", "settings", "token", '"q"', "a.b", "", "é", "'l'", "true"])
VALUES = st.one_of(
    st.sampled_from(['"text"', '""', '"""', '"a""b"', '"\\n"', "'x'", '"\t"', '"\x00"', ""]),
    st.sampled_from(
        ["1", "01", "0", "1_0", "+1", "-1", "1.5", "1.", ".5", "1e3", "00.5", "9" * 30, "٣", "0x1f", "1 2"]
    ),
    st.sampled_from(["true", "false", "True", "inf", "nan", "[1]", "{}", "2027-01-01"]),
)
COMMENTS = st.sampled_from(["", " # why", "#\twhy", " #\x01", " x", "\r", "\u2028", "\xa0"])
LINES = st.one_of(
    st.builds("{} = {}{}".format, KEYS, VALUES, COMMENTS),
    st.builds("{}={}".format, KEYS, st.text(max_size=6)),
    st.builds("[{}]{}".format, KEYS, COMMENTS),
    st.builds("[{}.{}]".format, KEYS, KEYS),
    st.builds("[[{}]]".format, KEYS),
    st.text(max_size=8),
    COMMENTS,
)


@given(st.lists(LINES, max_size=8).map("\n".join))
@example(SIMPLE)
@example('a = "x\n"')
@example("[a]\n[a.b]\n[a]")
@example("a = 1\n[a.b]\n")
@example("[a.b]\n[a]\nb = 1")
def test_fast_toml_loads_the_same_as_tomllib(text: str) -> None:
    table = loads(text)
    event("read" if table is not None else "left to tomllib")
    if table is not None:
        assert repr(table) == repr(tomllib.loads(text))


def test_fast_toml_loads_what_profiles_set_writes() -> None:
    text = SIMPLE.replace('"-x" = 1\n', "")
    assert loads(text) == tomllib.loads(text)


@pytest.mark.parametrize("line", ['"-x" = 1', "a.b = 1", "a = [1]", "a = 'x'", "[[a]]", "a = 1\r", "a = 1979-05-27"])
def test_fast_toml_does_not_load_other_toml(line: str) -> None:
    assert loads(SIMPLE + line) is None
    assert loads(line) is None
