"""The contract of every token store, and what the plain one's files may hold.

A further kind of store joins the contract with one line in `KINDS`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config import Credential, Origin, Secret
from arka_config.errors import ConfigError, ConfigWarning, InvalidValue, MalformedFile, UnsafeFile
from arka_config.store.tokens import PlainTokens, parsed, written
from arka_config.text import is_printable
from tests.store.samples import EU_URL, HOME_URL, credential, said, token, tree

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.store.tokens import TokenStore

CANARY = "arka_canary_0123456789abcdefghijklmnopqrs"
PATH = "/data/tokens/work.json"

KINDS: dict[str, Callable[[str], TokenStore]] = {
    "plain": PlainTokens,
}


def known(found: Credential | None) -> tuple[str, ...] | None:
    """All that a credential holds, to compare."""
    if found is None:
        return None
    return found.token.reveal(), str(found.origin), found.label, found.created, found.expires, found.user


# The contract of every kind


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tokens"


@pytest.fixture
def tokens(kind: str, folder: Path) -> TokenStore:
    return KINDS[kind](str(folder))


FULL = {
    "label": "Work läptop 👩‍💻",
    "created": "2026-11-24T09:00:00Z",
    "expires": "2027-02-28T23:59:59Z",
    "user": "ada@example.com",
}


def test_a_store_says_what_kind_it_is(tokens: TokenStore, kind: str) -> None:
    assert tokens.kind == kind


def test_an_empty_store_holds_nothing_and_makes_nothing(tokens: TokenStore, folder: Path) -> None:
    assert (tokens.names(), tokens.holds("work"), tokens.read("work"), tokens.remove("work")) == (
        set(),
        False,
        None,
        False,
    )
    assert not folder.exists()


@pytest.mark.parametrize("details", [{}, FULL, {"label": "only a label"}], ids=["bare", "full", "labelled"])
@pytest.mark.parametrize("url", [HOME_URL, "https://eu.arka-ai.com:8443", "http://localhost:8000"])
def test_what_is_written_is_read_back_whole(tokens: TokenStore, details: dict[str, str], url: str) -> None:
    kept = credential("work", url, **details)
    tokens.write("work", kept)
    assert tokens.holds("work")
    assert known(tokens.read("work")) == known(kept)


def test_a_second_store_reads_what_the_first_one_wrote(tokens: TokenStore, kind: str, folder: Path) -> None:
    tokens.write("work", credential("work", **FULL))
    assert known(KINDS[kind](str(folder)).read("work")) == known(credential("work", **FULL))


def test_the_last_credential_written_is_the_one_that_stays(tokens: TokenStore) -> None:
    tokens.write("work", credential("first", **FULL))
    tokens.write("work", credential("second"))
    assert known(tokens.read("work")) == known(credential("second"))


def test_profiles_are_kept_apart(tokens: TokenStore) -> None:
    for name in ("work", "work-2", "work_2"):
        tokens.write(name, credential(name))
    assert tokens.names() == {"work", "work-2", "work_2"}
    assert tokens.remove("work")
    assert not tokens.holds("work")
    assert not tokens.remove("work")
    assert tokens.names() == {"work-2", "work_2"}
    assert known(tokens.read("work-2")) == known(credential("work-2"))


def test_every_file_is_private_and_in_a_private_folder(tokens: TokenStore, folder: Path, generous_umask: None) -> None:
    tokens.write("work", credential())
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} <= {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert Path(tokens.path("work")).parent == folder


def test_nothing_but_the_credentials_stays_in_the_folder(tokens: TokenStore, folder: Path) -> None:
    for word in ("first", "second", "second"):
        tokens.write("work", credential(word))
    assert tree(str(folder)).keys() <= {os.path.basename(tokens.path("work"))}


@pytest.mark.parametrize("part", ["label", "user", "created", "expires"])
def test_a_control_character_is_refused_by_part_and_the_old_credential_stays(tokens: TokenStore, part: str) -> None:
    tokens.write("work", credential("old"))
    with pytest.raises(InvalidValue, match=rf"the {part} holds a character that it may not: U\+001B at position 4"):
        tokens.write("work", credential("new", **{part: "red\x1b[31m"}))
    assert known(tokens.read("work")) == known(credential("old"))


def test_a_token_with_a_line_break_is_refused_and_not_shown(tokens: TokenStore) -> None:
    with pytest.raises(InvalidValue, match="the token holds a character that it may not") as caught:
        tokens.write("work", Credential(Secret(CANARY + "\n"), Origin.of(HOME_URL)))
    assert CANARY not in said(caught.value)
    assert not tokens.holds("work")


def test_a_credential_does_not_show_its_token(tokens: TokenStore) -> None:
    tokens.write("work", Credential(Secret(CANARY), Origin.of(HOME_URL), label="Work"))
    found = tokens.read("work")
    assert repr(found) == "Credential(https://arka-ai.com, 'Work')"


def test_a_spoilt_file_is_an_error_that_shows_nothing_of_it_and_can_be_written_over(tokens: TokenStore) -> None:
    tokens.write("work", Credential(Secret(CANARY), Origin.of(HOME_URL)))
    path = Path(tokens.path("work"))
    whole = path.read_bytes()
    for content in (b"", whole[:-20], CANARY.encode(), whole + b"}", b"\xff" + whole, b"[]", b"null"):
        path.write_bytes(content)
        with pytest.raises(MalformedFile) as caught:
            tokens.read("work")
        assert caught.value.path == str(path)
        assert CANARY not in said(caught.value)
        assert tokens.holds("work")
        assert path.read_bytes() == content
    tokens.write("work", credential("new"))
    assert known(tokens.read("work")) == known(credential("new"))


def test_a_file_that_others_can_write_is_refused_and_one_that_they_can_read_warned_of(tokens: TokenStore) -> None:
    tokens.write("work", credential())
    path = Path(tokens.path("work"))
    path.chmod(0o644)
    with pytest.warns(ConfigWarning, match="chmod 600"):
        assert known(tokens.read("work")) == known(credential())
    path.chmod(0o622)
    with pytest.raises(UnsafeFile):
        tokens.read("work")


def test_a_file_of_another_name_is_no_credential(tokens: TokenStore, folder: Path) -> None:
    tokens.write("work", credential())
    for name in ("Work.json", ".work.json.0123.arka-tmp", "work.json~", "con.json", "..json", "notes.txt"):
        (folder / name).write_text("{}")
    assert tokens.names() == {"work"}


# The document of a plain credential


def document(**changes: Any) -> dict[str, Any]:
    whole = {"version": 1, "token": CANARY, "origin": HOME_URL, **FULL, **changes}
    return {key: value for key, value in whole.items() if value is not ...}


def test_a_plain_credential_is_a_document_that_a_person_can_read() -> None:
    assert written(credential("work", EU_URL, label="Wörk")) == (
        '{\n  "version": 1,\n'
        f'  "token": "{token("work")}",\n  "origin": "https://eu.arka-ai.com",\n  "label": "Wörk"\n}}\n'
    )


MALFORMED: list[tuple[object, str]] = [
    ([], "not a JSON object"),
    (None, "not a JSON object"),
    (CANARY, "not a JSON object"),
    ({}, "not a credential file"),
    (document(version=...), "not a credential file"),
    (document(version=0), "not a credential file"),
    (document(version="1"), "not a credential file"),
    (document(version=CANARY), "not a credential file"),
    (document(version=2), "format 2 is newer than this program"),
    (document(token=...), "it holds no token"),
    (document(token=""), "it holds no token"),
    (document(token=[CANARY]), "it holds no token"),
    (document(token=CANARY + "\n"), "token is not a plain text"),
    (document(token=CANARY + "\ud800"), "token is not a plain text"),
    (document(**{CANARY: "x"}), "it has a key that no credential has"),
    (document(password=CANARY), "it has a key that no credential has"),
    (document(origin=...), "origin is not a URL that a token may go to"),
    (document(origin=""), "origin is not a URL that a token may go to"),
    (document(origin=CANARY), "origin is not a URL that a token may go to"),
    (document(origin="http://arka-ai.com/" + CANARY), "origin is not a URL that a token may go to"),
    (document(origin=f"https://{CANARY}@arka-ai.com"), "origin is not a URL that a token may go to"),
    (document(origin=[HOME_URL]), "origin is not a plain text"),
    (document(label=None), "label is not a plain text"),
    (document(label="\x1b[31m" + CANARY), "label is not a plain text"),
    (document(user=7), "user is not a plain text"),
    (document(expires=CANARY), "expires is not a time such as 2027-02-28T12:00:00Z"),
    (document(expires="2027-02-28T12:00:00"), "expires is not a time such as 2027-02-28T12:00:00Z"),
    (document(created="0001-01-01T00:00:00+01:00"), "created is not a time such as 2027-02-28T12:00:00Z"),
]


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_a_document_that_is_no_credential_is_refused_by_its_fault_alone(content: object, message: str) -> None:
    with pytest.raises(MalformedFile) as caught:
        parsed(json.dumps(content), PATH)
    assert caught.value.message == f"{PATH}: {message}"
    assert caught.value.hint
    assert CANARY not in said(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        CANARY,
        f'{{"token": "{CANARY}"',
        f'{{"token": "{CANARY}" "x"}}',
        f'["{CANARY}", ' + "[" * 100_000,
        f'{{"token": "{CANARY}", "version": ' + "9" * 5000 + "}",
        f'{{"token": "{CANARY}", "version": \ufeff}}',
    ],
    ids=["empty", "bare", "cut short", "no comma", "deep", "long number", "mark"],
)
def test_what_is_no_json_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(MalformedFile, match="not JSON") as caught:
        parsed(text, PATH)
    assert CANARY not in said(caught.value)


def test_the_place_of_a_fault_in_the_json_is_said() -> None:
    with pytest.raises(MalformedFile, match=f"{PATH}, line 2, column 3: not JSON"):
        parsed('{\n  token: "x"}', PATH)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NEARLY = st.builds(
    lambda changes: json.dumps(document(**changes)),
    st.dictionaries(st.sampled_from(["version", "token", "origin", *FULL, "other"]), JSON | st.just(...), max_size=2),
)


@given(NEARLY | JSON.map(json.dumps) | st.text() | st.binary().map(lambda content: content.decode("latin-1")))
@example("[" * 100_000)
@example('{"version": ' + "9" * 5000 + "}")
@example('{"version": NaN}')
@example('{"version": 1e999}')
def test_any_text_is_a_credential_or_a_configuration_error_and_nothing_else(text: str) -> None:
    try:
        found = parsed(text, PATH)
    except ConfigError as error:
        event("refused")
        shown = [error.message, error.hint]
    else:
        event("read")
        shown = [found.token.reveal(), str(found.origin), found.label, found.created, found.expires, found.user]
    assert all(map(is_printable, shown))


PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]))
TIMES = st.just("") | st.datetimes().map(lambda when: when.isoformat() + "Z")
CREDENTIALS = st.builds(
    Credential,
    PRINTABLE.filter(bool).map(Secret),
    st.sampled_from([HOME_URL, EU_URL, "http://localhost:1", "https://[::1]:65535"]).map(Origin.of),
    label=PRINTABLE,
    user=PRINTABLE,
    created=TIMES,
    expires=TIMES,
)


@given(CREDENTIALS)
def test_any_credential_is_read_as_it_was_written(kept: Credential) -> None:
    assert known(parsed(written(kept), PATH)) == known(kept)


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (Credential(Secret(""), Origin.of(HOME_URL)), "the token is empty"),
        (credential(expires="soon"), "expires is not a time"),
        (credential(created="2027-02-30T00:00:00Z"), "created is not a time"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(unfit: Credential, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        written(unfit)
