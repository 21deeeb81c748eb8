"""Applying: carry out a plan, completely or, after a kill, the rest of it next time.

Before the first write, every text and token is ready, and sealed if sealing is on. The order is: announce the new
ledger, write the profiles' files, store the tokens, remove what is to be removed, write the ledger. Issued tokens that
are no longer needed are revoked last.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from arka_config import timestamps
from arka_config.errors import StalePlan
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.store.tokens import Credential
from arka_config.templates.ledger import RecordedToken
from arka_config.templates.plan import Action, Plan, ProfilePlan
from arka_config.templates.planning import ledger_after
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import Any

    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Document
    from arka_config.templates.approvals import Approvals
    from arka_config.templates.preparation import Prepared
    from arka_config.templates.reading import Watch


class Revocation(NamedTuple):
    """What became of an issued token that an apply replaced or removed. `id` is empty if it is not known.

    `may_be_revoked` is whether the response was lost; `why` then says so.
    """

    profile: str
    id: str
    is_revoked: bool
    why: str = ""
    may_be_revoked: bool = False


class TokenIssuer(Protocol):
    """Has the workspace issue tokens, and revokes them. What it has issued is in the journal until it is stored."""

    def issue(self, profile: str, label: str, expires: str, origin: Origin) -> Credential:
        """Issue a token. `expires` is `90d`, a date, or empty.

        Raises ConfigError if the workspace refuses, or if the effective token is for another workspace.
        """

    def issued_id(self, profile: str) -> str:
        """The id of the token that was issued for a profile; empty if none was."""

    def announce_unneeded(self, tokens: Mapping[str, tuple[Credential, RecordedToken]]) -> None:
        """Record the issued tokens that are about to be replaced or removed, by profile, before the first write."""

    def revoke_unneeded(self, watch: Watch) -> list[Revocation]:
        """Revoke them after the last write, if the new ones work."""

    def finish_issued(self) -> None:
        """Forget the issued tokens: all are stored."""

    def revoke_unused(self, *, stored: Collection[str]) -> None:
        """Revoke the issued tokens that were not stored; those of the profiles in `stored` were."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an apply has done. `activated` is the profile that it made active, if any, and `revocations` are the issued
    tokens that it replaced or removed."""

    written: list[str]
    stored: list[str]
    removed: list[str]
    is_changed: bool
    activated: str | None
    revocations: list[Revocation]


def check_not_stale(prepared: Prepared, digest: str) -> None:
    """Raise StalePlan if this is not the plan with the digest."""
    if prepared.plan.digest() != digest:
        raise StalePlan(
            "the templates or this machine have changed since the plan was made; nothing was changed",
            hint=f"look again: {prepared.fetcher.app.name} plan PATH…",
        )


def apply_plan(
    store: ProfileStore,
    prepared: Prepared,
    tokens: Mapping[str, Credential],
    approvals: Approvals | None,
    issuer: TokenIssuer,
    replan: Callable[[], Prepared],
    watch: Watch,
) -> Result:
    """Take the lock, plan again, and carry the plan out if it is still the same. Raises StalePlan if it is not."""
    with store.lock:
        current = replan()
        check_not_stale(current, prepared.plan.digest())
        if approvals is not None:
            approvals.record(current.plan)
        credentials: dict[str, Credential] = {}
        try:
            credentials = _issue_credentials(store, current.plan, tokens, issuer, watch)
            issuer.announce_unneeded(_unneeded_tokens(store, current.plan, credentials))
            result = _write(store, current, credentials, issuer, watch)
        except BaseException:
            stored = {name: store.tokens.read(name) for name in credentials}
            issuer.revoke_unused(
                stored=[name for name, each in stored.items() if each and each.token == credentials[name].token]
            )
            raise
        issuer.finish_issued()
    result.revocations.extend(issuer.revoke_unneeded(watch))
    return result


def profile_texts(profile: ProfilePlan, store: ProfileStore) -> tuple[str | None, str]:
    """Return the text of a profile's file, None if there is no file, and its text after the apply.

    Comments, order and blank lines are preserved. Raises MalformedFile if that is not possible.
    """
    before, edits = files.read(profile.path), profile.edits
    if before is not None:
        from arka_config.settings.assignments import without_old_names

        settings = toml.parse(before, profile.path).get("settings", {})
        edits = without_old_names(store.app, edits, settings) if edits else edits
        after = toml.edit(before, edits, profile.path) if edits else before
    else:
        table: dict[str, Any] = {}
        toml.apply_changes(table, edits)
        assert profile.desired is not None
        name = visible(profile.desired.template.text.name)
        after = f"# written by `{store.app.name} apply` from {name}\n{toml.dumps(table)}"
    store.profiles.parse(profile.name, toml.parse(after, profile.path))
    return before, after


def _issue_credentials(
    store: ProfileStore, plan: Plan, tokens: Mapping[str, Credential], issuer: TokenIssuer, watch: Watch
) -> dict[str, Credential]:
    """Return the credentials to store by profile name, and have the workspace issue those that are to be issued.

    Raises what the issuer raises, and SealingError before a token is issued. Nothing has been written by then.
    """
    credentials: dict[str, Credential] = {}
    created = timestamps.to_text(timestamps.now())
    for profile in watch([each for each in plan.profiles if each.token.is_stored], "Issuing tokens"):
        source = profile.token.source
        if source is None or profile.origin is None:
            continue
        origin = Origin.of(profile.origin)
        if source.kind == "issue":
            store.tokens.check_can_store(profile.name, origin)
            credentials[profile.name] = issuer.issue(profile.name, source.target, source.expires, origin)
        elif profile.name in tokens:
            credentials[profile.name] = _set_created(created, tokens[profile.name])
    return credentials


def _set_created(created: str, credential: Credential) -> Credential:
    """The credential with the time at which it is stored."""
    known = {key: getattr(credential, key) for key in ("label", "expires", "user")}
    return Credential(credential.token, credential.origin, created=created, **known)


def _unneeded_tokens(
    store: ProfileStore, plan: Plan, credentials: Collection[str]
) -> dict[str, tuple[Credential, RecordedToken]]:
    """The stored tokens that an apply has had issued, and that this plan replaces or removes, by profile."""
    tokens = {}
    for profile in plan.profiles:
        recorded = profile.entry.token if profile.entry is not None else None
        if recorded is None or not (profile.action == Action.REMOVE or profile.name in credentials):
            continue
        if profile.revokes and (stored := store.tokens.read(profile.name)) is not None:
            tokens[profile.name] = stored, recorded
    return tokens


def _write(
    store: ProfileStore,
    prepared: Prepared,
    credentials: Mapping[str, Credential],
    issuer: TokenIssuer,
    watch: Watch,
) -> Result:
    plan, file = prepared.plan, prepared.file
    texts = {profile.path: profile_texts(profile, store) for profile in plan.profiles if profile.is_written}
    writes = [(path, after) for path, (before, after) in texts.items() if before != after]
    removals = [profile.name for profile in plan.profiles if profile.action == Action.REMOVE]
    ledger = ledger_after(plan, prepared.ledger, _recorded_tokens(plan, credentials, issuer))
    active, _ = store.selection.read_active()
    with _prepare_tokens(store, credentials) as store_token:
        if writes or credentials or removals:
            file.announce(ledger)
        steps: list[Callable[[], object]] = [partial(files.write, *write) for write in writes]
        # The profile becomes active before its token is stored: after a kill in between, it would never become active.
        steps += [partial(store.use, name) for name in list(credentials)[:1] if active is None]
        steps += [partial(store_token, name) for name in credentials]
        steps += [partial(store.remove, name) for name in removals]
        with files.DeferredSync():  # synced before the ledger says that all of it was written
            for step in watch(steps, "Applying"):
                step()
    is_changed = file.write(ledger)
    now_active, _ = store.selection.read_active()
    return Result(
        [path for path, _ in writes],
        list(credentials),
        removals,
        is_changed=bool(steps) or is_changed,
        activated=now_active if now_active != active else None,
        revocations=[],
    )


@contextmanager
def _prepare_tokens(store: ProfileStore, credentials: Mapping[str, Credential]) -> Iterator[Callable[[str], None]]:
    """Seal the tokens, or put them in the keyring, before the first write, so that a missing key fails here.

    The context is a function that stores one. Tokens that were not stored are discarded at the end.
    """
    documents: dict[str, Document] = {}

    def store_token(name: str) -> None:
        store.tokens.put(name, documents[name])
        del documents[name]

    try:
        for name, credential in credentials.items():
            documents[name] = store.tokens.prepare(name, credential)
        yield store_token
    finally:
        for name, document in documents.items():
            store.tokens.discard(name, document)


def _recorded_tokens(
    plan: Plan, credentials: Mapping[str, Credential], issuer: TokenIssuer
) -> dict[str, RecordedToken]:
    sources = {profile.name: profile.token.source for profile in plan.profiles}
    return {
        name: RecordedToken(source.identifier, str(credential.origin), credential.created, issuer.issued_id(name))
        for name, credential in credentials.items()
        if (source := sources[name]) is not None
    }
