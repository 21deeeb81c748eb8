"""Applying: a plan carried out, all of it or, after a kill, the rest of it the next time.

Every text and every token is at hand, and sealed where it is to be, before the first write. Then the ledger to be is
announced, the profiles' files are written, their tokens, then what is removed goes, and the ledger is written last.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from arka_config import timestamps
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.store.tokens import Credential
from arka_config.templates.ledger import StoredToken
from arka_config.templates.plan import REMOVE, Plan, ProfilePlan
from arka_config.templates.remembering import ledger_after
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from arka_config.secret import Secret
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.tokens import Document
    from arka_config.templates.ledger import Ledger, LedgerFile
    from arka_config.templates.reading import Watch


class TokenIssuer(Protocol):
    """Has the workspace make a token: its label, its end (`90d`, a date, or nothing), and the origin that it is for.

    Raises ConfigError where the workspace does not, or is not asked because it is another one.
    """

    def __call__(self, label: str, expires: str, origin: Origin) -> Credential: ...


class Applied:
    """What an apply has done."""

    def __init__(
        self, written: list[str], stored: list[str], removed: list[str], *, is_changed: bool, activated: str | None
    ) -> None:
        self.written = written
        self.stored = stored
        self.removed = removed
        self.is_changed = is_changed
        self.activated = activated  # the profile that is active now, and was not before


def text_after(one: ProfilePlan, store: ProfileStore) -> tuple[str | None, str]:
    """The text of a profile's file, None where it has none, and the text once the plan has been carried out.

    What a person wrote in it stays: comments, order, blank lines. Raises MalformedFile where that cannot be done.
    """
    before = files.read(one.path)
    edits: Mapping[tuple[str, ...], Any] = one.edits
    if before is not None:
        after = toml.edited(before, edits, one.path) if edits else before
    else:
        table: dict[str, Any] = {}
        toml.change(table, edits)
        assert one.desired is not None
        name = visible(one.desired.template.text.name)
        after = f"# written by `{store.app.name} apply` from {name}\n{toml.written(table)}"
    store.profiles.parse(one.name, toml.parse(after, one.path))
    return before, after


def credentials(
    store: ProfileStore, plan: Plan, tokens: Mapping[str, Secret], issue: TokenIssuer
) -> dict[str, Credential]:
    """The credentials to store by profile name.

    Nothing has been written when this raises, be it what the issuer raises or, before a token is issued, SealingError.
    """
    made: dict[str, Credential] = {}
    created = timestamps.stored(timestamps.now())
    for one in plan.profiles:
        source = one.token.source
        if not one.token.is_stored or source is None or one.origin is None:
            continue
        origin = Origin.of(one.origin)
        if source.kind == "issue":
            store.tokens.check_can_store(one.name, origin)
            made[one.name] = issue(source.target, source.expires, origin)
        elif one.name in tokens:
            made[one.name] = Credential(tokens[one.name], origin, created=created)
    return made


def carry_out(
    store: ProfileStore, plan: Plan, made: Mapping[str, Credential], ledger: Ledger, file: LedgerFile, watch: Watch
) -> Applied:
    """Writes what the plan says. For who holds the lock, and with a plan that was made under it."""
    texts = {one.path: text_after(one, store) for one in plan.profiles if one.is_written}
    writes = [(path, after) for path, (before, after) in texts.items() if before != after]
    removals = [one.name for one in plan.profiles if one.action == REMOVE]
    after = ledger_after(plan, ledger, _stored(plan, made))
    active, _ = store.selection.active()
    with _Prepared(store) as prepared:
        for name, credential in made.items():
            prepared.add(name, credential)
        if writes or made or removals:
            file.announce(after)
        steps: list[Callable[[], object]] = [partial(files.write, *write) for write in writes]
        # The choice is made before the token is there: were it left for last, a kill in between would leave it unmade.
        steps += [partial(store.use, name) for name in list(made)[:1] if active is None]
        steps += [partial(prepared.keep, name) for name in made]
        steps += [partial(store.remove, name) for name in removals]
        with files.Together():  # before the ledger says that all of it is there
            for step in watch(steps, "Applying"):
                step()
    is_changed = file.write(after)
    now, _ = store.selection.active()
    return Applied(
        [path for path, _ in writes],
        list(made),
        removals,
        is_changed=bool(steps) or is_changed,
        activated=now if now != active else None,
    )


class _Prepared:
    """Tokens that are sealed, or in the keyring, before the first write: what may fail for want of a key fails here.

    What has not been kept at the end is dropped.
    """

    def __init__(self, store: ProfileStore) -> None:
        self._store = store
        self._documents: dict[str, Document] = {}

    def __enter__(self) -> _Prepared:
        return self

    def add(self, name: str, credential: Credential) -> None:
        self._documents[name] = self._store.tokens.prepare(name, credential)

    def keep(self, name: str) -> None:
        self._store.tokens.put(name, self._documents[name])
        del self._documents[name]

    def __exit__(self, *_: object) -> None:
        for name, document in self._documents.items():
            self._store.tokens.drop(name, document)


def _stored(plan: Plan, made: Mapping[str, Credential]) -> dict[str, StoredToken]:
    sources = {one.name: one.token.source for one in plan.profiles}
    return {
        name: StoredToken(source.identifier, str(credential.origin), credential.created)
        for name, credential in made.items()
        if (source := sources[name]) is not None
    }
