"""Planning is a function of desired, actual and ledger, and what it plans leaves nothing to plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.templates.actual import Actual, Held
from arka_config.templates.desired import Desired, DesiredSet, TokenSource
from arka_config.templates.ledger import Entry, Ledger, StoredToken, same
from arka_config.templates.model import TemplateFile
from arka_config.templates.options import Options
from arka_config.templates.plan import Plan
from arka_config.templates.planning import plan
from arka_config.templates.reading import Read, Template
from arka_config.templates.remembering import ledger_after
from arka_config.templates.template_text import TemplateText

URL = "https://arka-ai.com"
NAMES = ("description", "settings.timeout", "settings.proxy", "api_url")
VALUES = {"api_url": st.sampled_from([URL, "https://eu.example"])}
FIELDS = st.fixed_dictionaries({}, optional={name: VALUES.get(name, st.sampled_from([1, 2, "x"])) for name in NAMES})
NOTHING_SAID = Options()
TAKES = st.sampled_from(["template", "mine"])


def wanted(fields: dict[str, Any], token: TokenSource | None = None) -> DesiredSet:
    model = TemplateFile.model_validate({"version": 1, "profile": {"name": "a"}})
    text = TemplateText("p/a.toml", "/p", "a.toml", 'version = 1\n[profile]\nname = "a"\n')
    found = DesiredSet(Read())
    found.profiles["a"] = Desired(Template(text, model), "a", fields, token)
    return found


def entry(fields: dict[str, Any], **changes: Any) -> Entry:
    return Entry("/p", "a.toml", True, fields, {}, None)._replace(**changes)


def planned(
    desired: DesiredSet,
    found: Actual,
    ledger: Ledger,
    options: Options = NOTHING_SAID,
    lacking: str = "",
) -> Plan:
    return plan(desired, {"a": found}, ledger, options, {"api_url": URL}, {"a": lacking})


def actual(fields: dict[str, Any] | None, held: Held | None = None) -> Actual:
    return Actual("a", "/a.toml", fields is not None, fields or {}, held)


def after(made: Plan, found: Actual) -> Actual:
    """The machine once the plan has been carried out."""
    fields = dict(found.fields)
    for change in made.profiles[0].changes:
        if change.is_written:
            fields[change.name] = change.new
    return found._replace(is_on_disk=True, fields={key: value for key, value in fields.items() if value is not None})


@given(FIELDS, st.none() | FIELDS, st.none() | FIELDS, TAKES)
def test_what_is_planned_leaves_nothing_to_plan(
    desired: dict[str, Any], found: dict[str, Any] | None, last: dict[str, Any] | None, take: Any
) -> None:
    before = actual(found)
    ledger = Ledger({} if last is None else {"a": entry(last)})
    made = planned(wanted(desired), before, ledger, Options(adopt=True, take=take))
    assert not made.conflicts
    again = planned(wanted(desired), after(made, before), ledger_after(made, ledger, {}))
    assert not again.is_pending
    assert ledger_after(again, ledger_after(made, ledger, {}), {}).text() == ledger_after(made, ledger, {}).text()


@given(FIELDS, FIELDS, FIELDS)
def test_nothing_of_a_hand_s_is_overwritten_unasked(
    desired: dict[str, Any], found: dict[str, Any], last: dict[str, Any]
) -> None:
    for change in planned(wanted(desired), actual(found), Ledger({"a": entry(last)})).profiles[0].changes:
        if change.is_written:
            assert same(change.old, change.last)


@given(FIELDS, FIELDS, st.none() | FIELDS)
def test_mine_writes_nothing_over_what_is_there(
    desired: dict[str, Any], found: dict[str, Any], last: dict[str, Any] | None
) -> None:
    ledger = Ledger({} if last is None else {"a": entry(last)})
    made = planned(wanted(desired), actual(found), ledger, Options(adopt=True, take="mine"))
    for change in made.profiles[0].changes:
        if change.is_written:
            assert change.old is None or same(change.old, change.last)


HELD = Held(URL, "2026-01-01T00:00:00Z")
OURS = StoredToken("env ARKA_X", URL, "2026-01-01T00:00:00Z")
THEIRS = OURS._replace(created="2025-01-01T00:00:00Z")
ENV = TokenSource("env", "ARKA_X", is_stored=True)
OTHER = TokenSource("env", "ARKA_Y", is_stored=True)
PROMPT = TokenSource("prompt", "", is_stored=True)
ELSEWHERE = HELD._replace(origin="https://eu.example")


@pytest.mark.parametrize(
    ("held", "stored", "source", "step"),
    [
        (None, None, ENV, "store"),
        (None, OURS, ENV, "store"),
        (HELD, None, ENV, "keep"),
        (HELD, OURS, ENV, "keep"),
        (HELD, THEIRS, ENV, "keep"),
        (HELD, OURS, OTHER, "replace"),
        (HELD, THEIRS, OTHER, "conflict"),
        (HELD, THEIRS, PROMPT, "keep"),
        (ELSEWHERE, None, ENV, "conflict"),
        (ELSEWHERE, OURS._replace(origin="https://eu.example"), ENV, "replace"),
        (ELSEWHERE, THEIRS, PROMPT, "conflict"),
    ],
)
def test_what_becomes_of_a_token(held: Held | None, stored: StoredToken | None, source: TokenSource, step: str) -> None:
    ledger = Ledger({"a": entry({}, token=stored)})
    assert planned(wanted({}, source), actual({}, held), ledger).profiles[0].token.step == step


def test_a_token_that_cannot_be_had_is_no_pending_change() -> None:
    made = planned(wanted({}, ENV), actual({}), Ledger({"a": entry({})}), lacking="$ARKA_X is not set")
    assert not made.is_pending
    assert [one.name for one in made.needing_tokens] == ["a"]


def test_a_token_that_cannot_be_replaced_yet_is_used_and_replaced_as_soon_as_it_can_be() -> None:
    ledger = Ledger({"a": entry({}, token=OURS)})
    made = planned(wanted({}, OTHER), actual({}, HELD), ledger, lacking="$ARKA_Y is not set")
    assert (made.is_pending, made.needing_tokens, made.profiles[0].token.state) == (False, [], "old")
    later = planned(wanted({}, OTHER), actual({}, HELD), ledger_after(made, ledger, {}))
    assert (later.is_pending, later.profiles[0].token.step) == (True, "replace")


def test_a_token_for_another_origin_is_no_old_one() -> None:
    ledger = Ledger({"a": entry({}, token=OURS._replace(origin="https://eu.example"))})
    made = planned(wanted({}, ENV), actual({}, ELSEWHERE), ledger, lacking="$ARKA_X is not set")
    assert [one.name for one in made.needing_tokens] == ["a"]


def test_a_profile_s_digest_is_another_one_when_it_is_seen_to_change() -> None:
    ledger = Ledger({"a": entry({"description": "x"})})
    one, other = ({"description": text} for text in "yz")
    found = actual({"description": "x"})
    assert planned(wanted(one), found, ledger).digest() == planned(wanted(one), found, ledger).digest()
    assert planned(wanted(one), found, ledger).digest() != planned(wanted(other), found, ledger).digest()
