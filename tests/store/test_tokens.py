"""Plain token files. The contract of all kinds of token stores is in `tests/sealing/test_contract.py`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from arka_config import Credential, Origin, Secret
from arka_config.errors import ConfigError, InvalidValue, MalformedFile
from arka_config.store.json import dumps
from arka_config.store.tokens import PlainTokens, parse_document, storage_of
from arka_config.text import is_printable
from tests.store.samples import EU_URL, HOME_URL, all_text, credential, fields_of, token

if TYPE_CHECKING:
    pass

CANARY = "arka_canary_0123456789abcdefghijklmnopqrs"
PATH = "/data/tokens/work.json"


def read(text: str) -> Credential:
    """Return the credential in a plain file's text."""
    document = parse_document(text, PATH)
    assert storage_of(document, PATH) == "plain"
    return PlainTokens().read("work", document, PATH)


def make_text(kept: Credential) -> str:
    """Return the text of a plain credential's file."""
    return dumps(PlainTokens().save("work", kept))


FULL = {
    "label": "Work läptop 👩‍💻",
    "created": "2026-11-24T09:00:00Z",
    "expires": "2027-02-28T23:59:59Z",
    "user": "ada@example.com",
}


# The document of a plain credential


def read_document(**changes: Any) -> dict[str, Any]:
    whole = {"version": 1, "token": CANARY, "origin": HOME_URL, **FULL, **changes}
    return {key: value for key, value in whole.items() if value is not ...}


def test_plain_document_is_readable_json() -> None:
    assert make_text(credential("work", EU_URL, label="Wörk")) == (
        '{\n  "version": 1,\n'
        f'  "token": "{token("work")}",\n  "origin": "https://eu.arka-ai.com",\n  "label": "Wörk"\n}}\n'
    )


MALFORMED: list[tuple[object, str]] = [
    ([], "not a JSON object"),
    (None, "not a JSON object"),
    (CANARY, "not a JSON object"),
    ({}, "not a credential file"),
    (read_document(version=...), "not a credential file"),
    (read_document(version=0), "not a credential file"),
    (read_document(version="1"), "not a credential file"),
    (read_document(version=CANARY), "not a credential file"),
    (read_document(version=2), "not a credential file"),
    (read_document(version=2, storage="plain"), "not a credential file"),
    (read_document(version=3), "format 3 is newer than this program"),
    (read_document(token=...), "it has no token"),
    (read_document(token=""), "it has no token"),
    (read_document(token=[CANARY]), "it has no token"),
    (read_document(token=CANARY + "\n"), "token is not a printable string"),
    (read_document(token=CANARY + "\ud800"), "token is not a printable string"),
    (read_document(**{CANARY: "x"}), "it has an unknown key"),
    (read_document(password=CANARY), "it has an unknown key"),
    (read_document(origin=...), "origin is not a URL that a token may be sent to"),
    (read_document(origin=""), "origin is not a URL that a token may be sent to"),
    (read_document(origin=CANARY), "origin is not a URL that a token may be sent to"),
    (read_document(origin="http://arka-ai.com/" + CANARY), "origin is not a URL that a token may be sent to"),
    (read_document(origin=f"https://{CANARY}@arka-ai.com"), "origin is not a URL that a token may be sent to"),
    (read_document(origin=[HOME_URL]), "origin is not a printable string"),
    (read_document(label=None), "label is not a printable string"),
    (read_document(label="\x1b[31m" + CANARY), "label is not a printable string"),
    (read_document(user=7), "user is not a printable string"),
    (read_document(expires=CANARY), "expires is not a time such as 2027-02-28T12:00:00Z"),
    (read_document(created=CANARY), "created is not a time such as 2027-02-28T12:00:00Z"),
]


@pytest.mark.parametrize("expires", ["2027-02-28T12:00:00", "2027-02-30T12:00:00Z", "0001-01-01T00:00:00+01:00", "1"])
def test_expiry_that_is_not_a_time_is_an_error_when_it_is_used(expires: str) -> None:
    credential = read(json.dumps(read_document(expires=expires)))
    with pytest.raises(InvalidValue, match="expires is not a time such as 2027-02-28T12:00:00Z"):
        assert credential.expiry


@pytest.mark.parametrize(
    ("expires", "is_expired"),
    [
        ("2001-01-01T00:00:00Z", True),
        ("2099-01-01T00:00:00Z", False),
        ("2001-01-01T00:00:00+02:00", True),
        ("2099-01-01T00:00:00.000Z", False),
        ("2001-01-01", False),  # not a time
        ("never", False),
        ("", False),
    ],
)
def test_credential_is_expired_only_after_a_known_time(expires: str, is_expired: bool) -> None:
    assert read(json.dumps(read_document(expires=expires))).is_expired is is_expired


def test_expiry_never_is_kept_when_it_is_stored() -> None:
    kept = read(make_text(credential("work", expires="never")))
    assert (kept.expires, kept.expiry) == ("never", None)
    with pytest.raises(InvalidValue, match="created is not a time"):
        make_text(credential("work", created="never"))


def test_expiry_is_in_utc_and_none_if_unknown() -> None:
    credential = read(json.dumps(read_document(expires="2027-02-28T12:00:00+02:00")))
    assert credential.expiry == datetime(2027, 2, 28, 10, tzinfo=UTC)
    assert read(json.dumps(read_document(expires=""))).expiry is None


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_malformed_document_is_an_error_without_its_content(content: object, message: str) -> None:
    with pytest.raises(MalformedFile) as caught:
        read(json.dumps(content))
    assert caught.value.message == f"{PATH}: {message}"
    assert caught.value.hint
    assert CANARY not in all_text(caught.value)


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
def test_document_that_is_not_json_is_an_error_without_its_content(text: str) -> None:
    with pytest.raises(MalformedFile, match="not JSON") as caught:
        read(text)
    assert CANARY not in all_text(caught.value)


def test_json_error_names_line_and_column() -> None:
    with pytest.raises(MalformedFile, match=f"{PATH}, line 2, column 3: not JSON"):
        read('{\n  token: "x"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NEARLY = st.builds(
    lambda changes: json.dumps(read_document(**changes)),
    st.dictionaries(st.sampled_from(["version", "token", "origin", *FULL, "other"]), JSON | st.just(...), max_size=2),
)


@given(NEARLY | JSON.map(json.dumps) | st.text() | st.binary().map(lambda content: content.decode("latin-1")))
@example("[" * 100_000)
@example('{"version": ' + "9" * 5000 + "}")
@example('{"version": NaN}')
@example('{"version": 1e999}')
def test_any_text_is_a_credential_or_a_config_error(text: str) -> None:
    try:
        found = read(text)
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
def test_credential_round_trips(kept: Credential) -> None:
    assert fields_of(read(make_text(kept))) == fields_of(kept)


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (Credential(Secret(""), Origin.of(HOME_URL)), "the token is empty"),
        (credential(expires="soon"), "expires is not a time"),
        (credential(created="2027-02-30T00:00:00Z"), "created is not a time"),
    ],
)
def test_save_refuses_what_cannot_be_read_back(unfit: Credential, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        make_text(unfit)
