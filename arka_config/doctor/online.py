"""Checks of group Workspaces, for `doctor --online`: tokens that no profile holds, expired ones, and duplicates.

They read the survey, and send nothing themselves. Nothing here is a Fix: revoking a token cannot be undone.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.doctor.problem import ERROR, NOTE, WARNING, Problem
from arka_config.errors import InvalidToken, NotPermitted
from arka_config.store.preferences import EXPIRY_WARNING
from arka_config.text import shorten_list
from arka_config.workspace.client.verification import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.workspace.client.models import TokenDetails
    from arka_config.workspace.client.survey import Holder, Listing, Survey

_MAX_NAMES = 5  # in a message


def workspaces(machine: Machine) -> Iterator[Problem]:
    """Workspaces that did not answer, and tokens that could not be compared or listed."""
    survey = _survey(machine)
    failed: dict[tuple[str, str], list[Holder]] = defaultdict(list)
    for holder, verification in survey.verifications.items():
        if holder in survey.asked and verification.state in (State.UNREACHABLE, State.NO_API):
            failed[str(survey.asked[holder][0]), verification.reason].append(holder)
    for (origin, reason), holders in failed.items():
        names = shorten_list([str(each) for each in holders], _MAX_NAMES)
        message = f"it could not be asked about the token of {names}: {reason.removeprefix(f'{origin} ')}"
        yield Problem(WARNING, origin, message, machine.command("doctor", "--online"), "run it again later")
    for holder, verification in survey.verifications.items():
        if holder not in survey.asked:
            message = f"the token of {holder} was not compared: {verification.reason}"
            yield Problem(NOTE, _place(machine, holder), message)
    for listing in survey.listings:
        if listing.error is None:
            continue
        message = f"the tokens of {listing.user} could not be listed: {listing.error.lines[0]}"
        severity = NOTE if isinstance(listing.error, NotPermitted) else WARNING
        yield Problem(severity, str(listing.origin), message, advice=listing.error.hint)


def rejected_tokens(machine: Machine) -> Iterator[Problem]:
    """Tokens on this machine that their workspace rejects, unless it lists them as expired."""
    survey = _survey(machine)
    expired = {holder for listing in survey.listings for each in _list_expired(machine, listing) for holder in each[1]}
    for holder, verification in survey.verifications.items():
        stored = machine.credentials.get(holder.profile)
        is_expired = holder in expired or (stored is not None and stored.is_expired)  # `expiry` reports the latter
        if holder not in survey.asked or not verification.is_refusal or is_expired:
            continue
        login = isinstance(verification.error, InvalidToken) and bool(holder.profile)
        command = machine.command("login", "--profile", holder.profile) if login else ""
        origin = survey.asked[holder][0]
        advice = "" if login or verification.error is None else verification.error.hint
        message = f"{origin} rejects the token of {holder}: {verification.reason}"
        yield Problem(ERROR, _place(machine, holder), message, command, advice)


def expired_tokens(machine: Machine) -> Iterator[Problem]:
    """Tokens that the workspace lists as expired, and those here of which only the workspace knows that they will."""
    survey = _survey(machine)
    for listing in survey.listings:
        for details, holders in _list_expired(machine, listing):
            when = timestamps.describe(timestamps.parse(details.expires), machine.now)
            if not holders:
                message = f"{_name(machine, details)} expired {when}, and is still in the list"
                yield _problem(machine, listing, details, NOTE, message)
            for holder in holders:
                message = f"the token of {holder}, {_name(machine, details)}, expired {when}"
                command = machine.command("login", "--profile", holder.profile) if holder.profile else ""
                yield Problem(ERROR, _place(machine, holder), message, command, token_id=details.id)
    yield from _expiring(machine, survey)


def _expiring(machine: Machine, survey: Survey) -> Iterator[Problem]:
    days = machine.preferences.expiry_warning if machine.preferences is not None else EXPIRY_WARNING
    for holder, verification in survey.verifications.items():
        stored = machine.credentials.get(holder.profile)
        if verification.identity is None or not holder.profile or (stored is not None and stored.expires):
            continue  # `expiry` reports what is stored
        details = verification.identity.token
        if details.expires and timestamps.parse(details.expires) <= machine.now + timedelta(days=days):
            when = timestamps.describe(timestamps.parse(details.expires), machine.now)
            command = (
                machine.command(machine.app.replacing_command, "--profile", holder.profile)
                if stored is not None
                else ""
            )
            message = f"the token of {holder}, {_name(machine, details)}, expires {when}"
            yield Problem(WARNING, _place(machine, holder), message, command, token_id=details.id)


def unheld_tokens(machine: Machine) -> Iterator[Problem]:
    """Tokens that work, and that nothing on this machine has."""
    survey = _survey(machine)
    unknown = [str(holder) for holder in survey.not_compared]
    others = f"; {shorten_list(unknown, _MAX_NAMES)} could not be compared and may have it" if unknown else ""
    for listing in survey.listings:
        for details in _live(machine, listing):
            if survey.holders_of(listing.origin, details.id):
                continue
            last = timestamps.describe(timestamps.parse(details.last_used), machine.now) if details.last_used else ""
            used = f"was last used {last}" if last else "was never used"
            message = f"{_name(machine, details)} works, {used}, and no profile here has it{others}"
            advice = "unless another device, job or person of yours uses it"
            yield _problem(machine, listing, details, NOTE, message, advice)


def shared_tokens(machine: Machine) -> Iterator[Problem]:
    """Tokens that several profiles have: revoking or rotating one of them affects all."""
    survey = _survey(machine)
    by_id: dict[tuple[str, str], list[Holder]] = defaultdict(list)
    for holder, verification in survey.verifications.items():
        if verification.identity is not None and verification.identity.token.id and holder.profile:
            by_id[str(survey.asked[holder][0]), verification.identity.token.id].append(holder)
    for (origin, token_id), holders in by_id.items():
        if len(holders) < 2:
            continue
        identity = survey.verifications[holders[0]].identity
        assert identity is not None, "its id is known"
        names = shorten_list([each.profile for each in holders], _MAX_NAMES)
        message = f"{_name(machine, identity.token)} is the token of {len(holders)} profiles: {names}"
        command = machine.command("login", "--profile", holders[-1].profile)
        advice = "to give that profile a token of its own; revoking a shared token stops all of them"
        yield Problem(NOTE, origin, message, command, advice, token_id=token_id)


def same_labels(machine: Machine) -> Iterator[Problem]:
    """Several tokens that work and have the same label, as an interrupted rotation leaves them."""
    survey = _survey(machine)
    for listing in survey.listings:
        by_label: dict[str, list[TokenDetails]] = defaultdict(list)
        for details in _live(machine, listing):
            by_label[details.label].append(details)
        for label, tokens in by_label.items():
            if not label or len(tokens) < 2:
                continue
            unheld = [each for each in tokens if not survey.holders_of(listing.origin, each.id)]
            is_mixed = 0 < len(unheld) < len(tokens)
            what = "; one that no profile here has may be left over" if is_mixed else ""
            names = shorten_list([_name(machine, each, label=False) for each in tokens], _MAX_NAMES)
            message = f"{len(tokens)} tokens with the label '{label}' work: {names}{what}"
            oldest = min(unheld, key=lambda each: each.last_used or each.created, default=None)
            severity = WARNING if is_mixed else NOTE
            if oldest is None:
                yield Problem(severity, str(listing.origin), message, advice="give each its own label")
            else:
                advice = "revokes the one that was not used for the longest time and that no profile here has"
                yield _problem(machine, listing, oldest, severity, message, advice)


def _survey(machine: Machine) -> Survey:
    assert machine.survey is not None, "these checks run only with --online"
    return machine.survey


def _is_expired(machine: Machine, details: TokenDetails) -> bool:
    return bool(details.expires) and timestamps.parse(details.expires) <= machine.now


def _live(machine: Machine, listing: Listing) -> list[TokenDetails]:
    return [each for each in listing.tokens or () if not _is_expired(machine, each)]


def _list_expired(machine: Machine, listing: Listing) -> Iterator[tuple[TokenDetails, list[Holder]]]:
    """The expired tokens of a list, each with the places here that have it.

    The workspace says nothing about an expired token, so these are compared by the last four characters, and only
    tokens that the same workspace rejects.
    """
    survey = _survey(machine)
    for details in listing.tokens or ():
        if _is_expired(machine, details):
            yield (
                details,
                [
                    holder
                    for holder, (origin, last_four) in survey.asked.items()
                    if origin == listing.origin
                    and last_four == details.last_four
                    and survey.verifications[holder].state is State.INVALID
                ],
            )


def _name(machine: Machine, details: TokenDetails, *, label: bool = True) -> str:
    start = f"'{details.label}', " if label and details.label else ""
    return f"{start}{machine.app.shown_prefix}…{details.last_four} ({details.id})"


def _problem(
    machine: Machine, listing: Listing, details: TokenDetails, severity: str, message: str, advice: str = ""
) -> Problem:
    """A problem that revoking a token solves, with the command that does so, which asks first."""
    options = ["--profile", listing.holder.profile] if listing.holder.profile else []
    # The workspace chose the id: it must not become an option.
    words = [*options, "--", details.id] if details.id.startswith("-") else [details.id, *options]
    command = machine.command("tokens", "revoke", *words)
    return Problem(severity, str(listing.origin), message, command, advice, token_id=details.id)


def _place(machine: Machine, holder: Holder) -> str:
    if not holder.profile:
        return holder.place
    profile = machine.profiles.get(holder.profile)
    has_reference = profile is not None and profile.reference is not None
    return profile.path if profile is not None and has_reference else machine.store.tokens.path(holder.profile)
