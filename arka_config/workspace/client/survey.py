"""Survey: what the workspaces say about the tokens of a machine, compared by the tokens' ids.

Each distinct token is one request, and each user at a workspace one list. The workspaces are asked at the same time,
and one that does not answer delays the others by no more than its timeout.
"""

from __future__ import annotations

import time
from collections import defaultdict
from concurrent.futures import TimeoutError as NoResult
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import AuthError, ConfigError, WorkspaceError, WorkspaceUnreachable
from arka_config.workspace.client.parallel import start_all
from arka_config.workspace.client.verification import State, Verification, verify
from arka_config.workspace.scopes import MANAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from concurrent.futures import Future
    from typing import Any, TypeAlias, TypeVar

    from arka_config.precedence.origin import Origin
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Identity, TokenDetails

    K = TypeVar("K")
    T = TypeVar("T")
    Watch: TypeAlias = Callable[[Sequence[Any], str], Iterable[Any]]  # yields the items, and shows which are done

_AT_ONCE = 4  # requests to one workspace
_MARGIN = 1.0  # seconds that a request may take beyond its own timeout


def _watch_nothing(items: Sequence[Any], _: str) -> Iterable[Any]:
    return items


class Holder(NamedTuple):
    """A place on this machine that has a token: a profile, or a variable or option if `profile` is empty."""

    profile: str
    place: str

    def __str__(self) -> str:
        return f"profile '{self.profile}'" if self.profile else self.place


class Listing(NamedTuple):
    """One user's tokens at a workspace. `tokens` is None if they could not be listed, and `error` says why.

    `holder` has the token that asked: of those that work, one that may manage tokens if there is one.
    """

    origin: Origin
    user: str
    holder: Holder
    tokens: list[TokenDetails] | None
    error: ConfigError | None = None


class Survey(NamedTuple):
    """What the workspaces say: for each holder about its token, with the last four characters and origin of those that
    could be asked about, and for each user about all tokens."""

    verifications: dict[Holder, Verification]
    asked: dict[Holder, tuple[Origin, str]]
    listings: list[Listing]

    def holders_of(self, origin: Origin, token_id: str) -> list[Holder]:
        """The places on this machine that have a token, by the token's id."""
        return [
            holder
            for holder, verification in self.verifications.items()
            if verification.identity is not None
            and verification.identity.token.id == token_id
            and self.asked[holder][0] == origin
        ]

    @property
    def not_compared(self) -> list[Holder]:
        """The places of tokens that were not read, or that their workspace did not identify."""
        unknown = (State.UNREACHABLE, State.NO_API)
        return [
            holder
            for holder, verification in self.verifications.items()
            if holder not in self.asked or verification.state in unknown
        ]


def take_survey(questions: Mapping[Holder, WorkspaceClient | Verification], watch: Watch = _watch_nothing) -> Survey:
    """Ask the workspaces about every token, then for the list of each user's tokens. `watch` shows the progress.

    A question that is a Verification was answered without a request. A workspace that fails is part of the result.
    """
    clients = {holder: each for holder, each in questions.items() if not isinstance(each, Verification)}
    verifications = {holder: each for holder, each in questions.items() if isinstance(each, Verification)}
    verifications |= verify_each(clients, watch)
    asked = {holder: (client.origin, client.token.reveal()[-4:]) for holder, client in clients.items()}
    in_order = {holder: verifications[holder] for holder in questions}
    return Survey(in_order, asked, _list_each(clients, in_order, watch))


def verify_each(clients: Mapping[K, WorkspaceClient], watch: Watch = _watch_nothing) -> dict[K, Verification]:
    """Ask about each distinct token once, several workspaces at the same time."""
    by_token: dict[tuple[str, str], list[K]] = defaultdict(list)
    for holder, client in clients.items():
        by_token[client.url, client.token.reveal()].append(holder)
    failures: dict[Origin, Verification] = {}
    by_origin: dict[Origin, list[list[K]]] = defaultdict(list)
    for holders in by_token.values():
        by_origin[clients[holders[0]].origin].append(holders)
    started = [
        (holders, future)
        for groups in by_origin.values()
        for holders, future in zip(
            groups,
            start_all([partial(_verify_unless_failed, clients[group[0]], failures) for group in groups], _AT_ONCE),
            strict=True,
        )
    ]
    deadline = _deadline(clients.values())
    results: dict[K, Verification] = {}
    for holders, future in watch(started, "Asking"):
        try:
            verification = _result(future, deadline)
        except ConfigError as error:
            verification = Verification.from_error(error)
        results |= dict.fromkeys(holders, verification)
    return results


def _verify_unless_failed(client: WorkspaceClient, failures: dict[Origin, Verification]) -> Verification:
    """Ask about a token, unless the workspace did not answer about another one: many timeouts would add up."""
    if (failure := failures.get(client.origin)) is not None:
        return failure
    verification = verify(client)
    if isinstance(verification.error, WorkspaceUnreachable):
        failures[client.origin] = verification
    return verification


def _list_each(
    clients: Mapping[Holder, WorkspaceClient], verifications: Mapping[Holder, Verification], watch: Watch
) -> list[Listing]:
    """List the tokens of each user at each workspace."""
    choices: dict[tuple[Origin, str], tuple[Holder, Identity]] = {}
    for holder, client in clients.items():
        identity = verifications[holder].identity
        if identity is None or not client.app.has_workspace_api:
            continue
        user = (client.origin, identity.id)
        if user not in choices or (MANAGE in identity.token.scopes and MANAGE not in choices[user][1].token.scopes):
            choices[user] = (holder, identity)
    futures = start_all([clients[holder].list_tokens for holder, _ in choices.values()])
    deadline = _deadline(clients.values())
    listings = []
    pairs = list(zip(choices.items(), futures, strict=True))
    for ((origin, _), (holder, identity)), future in watch(pairs, "Listing tokens"):
        try:
            listings.append(Listing(origin, identity.user, holder, _result(future, deadline)))
        except (AuthError, WorkspaceError) as error:
            listings.append(Listing(origin, identity.user, holder, None, error))
    return listings


def _deadline(clients: Iterable[WorkspaceClient]) -> float:
    """The time after which no answer is waited for: two rounds of requests at the longest timeout."""
    timeouts = [client.connection.timeout for client in clients]
    return time.monotonic() + 2 * max(timeouts, default=0.0) + _MARGIN


def _result(future: Future[T], deadline: float) -> T:
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except NoResult:
        pass
    raise WorkspaceUnreachable("the workspace did not answer in time", hint="raise the limit with the setting timeout")
