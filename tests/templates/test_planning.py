"""Planning is a pure function. When a plan has been applied, nothing is left to plan."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arka_config.templates.desired import Desired, DesiredSet, TokenSource
from arka_config.templates.ledger import Entry, Ledger, RecordedToken, same
from arka_config.templates.model import TemplateFile
from arka_config.templates.plan import Action, Actual, ActualToken, Options, Plan, Reason, TokenState, TokenStep
from arka_config.templates.planning import ledger_after, make_plan
from arka_config.templates.positions import TemplateText
from arka_config.templates.reading import Template, TemplateFiles

URL = "https://arka-ai.com"
EU = "https://eu.example"
NAMES = ("description", "settings.timeout", "settings.proxy", "api_url")
VALUES = {"api_url": st.sampled_from([URL, EU])}
FIELDS = st.fixed_dictionaries({}, optional={name: VALUES.get(name, st.sampled_from([1, 2, "x"])) for name in NAMES})
DEFAULTS = Options()
TAKES = st.sampled_from(["template", "mine"])


def desired_set(fields: dict[str, Any], token: TokenSource | None = None) -> DesiredSet:
    model = TemplateFile.model_validate({"version": 1, "profile": {"name": "a"}})
    text = TemplateText("p/a.toml", "/p", "a.toml", 'version = 1\n[profile]\nname = "a"\n')
    desired = DesiredSet(TemplateFiles())
    desired.profiles["a"] = Desired(Template(text, model), "a", fields, token)
    return desired


def entry(fields: dict[str, Any], **changes: Any) -> Entry:
    return Entry("/p", "a.toml", True, fields, {}, None)._replace(**changes)


def plan_for(
    desired: DesiredSet, actual: Actual, ledger: Ledger, options: Options = DEFAULTS, unavailable: str = ""
) -> Plan:
    return make_plan(desired, {"a": actual}, ledger, options, {"api_url": URL}, {"a": unavailable})


def actual_profile(fields: dict[str, Any] | None, token: ActualToken | None = None) -> Actual:
    return Actual("a", "/a.toml", fields is not None, fields or {}, token)


def carry_out(plan: Plan, actual: Actual) -> Actual:
    """Return the profile as it is when the plan has been carried out."""
    fields = dict(actual.fields)
    for change in plan.profiles[0].changes:
        if change.is_written:
            fields[change.name] = change.new
    return actual._replace(is_on_disk=True, fields={key: value for key, value in fields.items() if value is not None})


@given(FIELDS, st.none() | FIELDS, st.none() | FIELDS, TAKES)
def test_carrying_out_a_plan_leaves_nothing_to_plan(
    desired: dict[str, Any], found: dict[str, Any] | None, last: dict[str, Any] | None, take: Any
) -> None:
    before = actual_profile(found)
    ledger = Ledger({} if last is None else {"a": entry(last)})
    plan = plan_for(desired_set(desired), before, ledger, Options(adopt=True, take=take))
    assert not plan.conflicts
    later = ledger_after(plan, ledger, {})
    again = plan_for(desired_set(desired), carry_out(plan, before), later)
    assert not again.is_pending
    assert ledger_after(again, later, {}).text() == later.text()


@given(FIELDS, FIELDS, FIELDS)
def test_local_edits_are_not_overwritten_without_take(
    desired: dict[str, Any], found: dict[str, Any], last: dict[str, Any]
) -> None:
    plan = plan_for(desired_set(desired), actual_profile(found), Ledger({"a": entry(last)}))
    for change in plan.profiles[0].changes:
        if change.is_written:
            assert same(change.old, change.last)


@given(FIELDS, FIELDS, st.none() | FIELDS)
def test_take_mine_overwrites_no_local_value(
    desired: dict[str, Any], found: dict[str, Any], last: dict[str, Any] | None
) -> None:
    ledger = Ledger({} if last is None else {"a": entry(last)})
    plan = plan_for(desired_set(desired), actual_profile(found), ledger, Options(adopt=True, take="mine"))
    for change in plan.profiles[0].changes:
        if change.is_written:
            assert change.old is None or same(change.old, change.last)


def test_plan_gives_its_reasons_as_data() -> None:
    plan = plan_for(desired_set({"description": "y"}), actual_profile({"description": "z"}), Ledger({}))
    assert plan.profiles[0].reasons == [Reason.NOT_CREATED_BY_APPLY]
    ledger = Ledger({"a": entry({"description": "x"})})
    plan = plan_for(desired_set({"description": "y"}), actual_profile({"description": "z"}), ledger)
    assert (plan.profiles[0].action, plan.profiles[0].reasons) == (Action.CONFLICT, [Reason.EDITED_LOCALLY])


STORED = ActualToken(URL, "2026-01-01T00:00:00Z")
FROM_APPLY = RecordedToken("env ARKA_X", URL, "2026-01-01T00:00:00Z")
FROM_USER = FROM_APPLY._replace(created="2025-01-01T00:00:00Z")
ENV = TokenSource("env", "ARKA_X", is_stored=True)
OTHER_ENV = TokenSource("env", "ARKA_Y", is_stored=True)
PROMPT = TokenSource("prompt", "", is_stored=True)
STORED_FOR_EU = STORED._replace(origin=EU)


@pytest.mark.parametrize(
    ("stored", "recorded", "source", "step"),
    [
        (None, None, ENV, TokenStep.STORE),
        (None, FROM_APPLY, ENV, TokenStep.STORE),
        (STORED, None, ENV, TokenStep.KEEP),
        (STORED, FROM_APPLY, ENV, TokenStep.KEEP),
        (STORED, FROM_USER, ENV, TokenStep.KEEP),
        (STORED, FROM_APPLY, OTHER_ENV, TokenStep.REPLACE),
        (STORED, FROM_USER, OTHER_ENV, TokenStep.CONFLICT),
        (STORED, FROM_USER, PROMPT, TokenStep.KEEP),
        (STORED_FOR_EU, None, ENV, TokenStep.CONFLICT),
        (STORED_FOR_EU, FROM_APPLY._replace(origin=EU), ENV, TokenStep.REPLACE),
        (STORED_FOR_EU, FROM_USER, PROMPT, TokenStep.CONFLICT),
    ],
)
def test_a_stored_token_is_replaced_only_if_an_apply_stored_it(
    stored: ActualToken | None, recorded: RecordedToken | None, source: TokenSource, step: TokenStep
) -> None:
    ledger = Ledger({"a": entry({}, token=recorded)})
    assert plan_for(desired_set({}, source), actual_profile({}, stored), ledger).profiles[0].token.step == step


def test_an_unavailable_token_is_not_a_pending_change() -> None:
    plan = plan_for(desired_set({}, ENV), actual_profile({}), Ledger({"a": entry({})}), unavailable="not set")
    assert not plan.is_pending
    assert [profile.name for profile in plan.needing_tokens] == ["a"]


def test_an_old_token_is_kept_until_the_new_one_is_available() -> None:
    ledger = Ledger({"a": entry({}, token=FROM_APPLY)})
    plan = plan_for(desired_set({}, OTHER_ENV), actual_profile({}, STORED), ledger, unavailable="not set")
    assert (plan.is_pending, plan.needing_tokens, plan.profiles[0].token.state) == (False, [], TokenState.OLD)
    later = plan_for(desired_set({}, OTHER_ENV), actual_profile({}, STORED), ledger_after(plan, ledger, {}))
    assert (later.is_pending, later.profiles[0].token.step) == (True, TokenStep.REPLACE)


def test_a_token_for_another_origin_does_not_count_as_an_old_one() -> None:
    ledger = Ledger({"a": entry({}, token=FROM_APPLY._replace(origin=EU))})
    plan = plan_for(desired_set({}, ENV), actual_profile({}, STORED_FOR_EU), ledger, unavailable="not set")
    assert [profile.name for profile in plan.needing_tokens] == ["a"]


def test_the_digest_changes_with_the_plan() -> None:
    ledger = Ledger({"a": entry({"description": "x"})})
    actual = actual_profile({"description": "x"})
    first, second = (desired_set({"description": text}) for text in "yz")
    assert plan_for(first, actual, ledger).digest() == plan_for(first, actual, ledger).digest()
    assert plan_for(first, actual, ledger).digest() != plan_for(second, actual, ledger).digest()
