"""The options that say what a new token may do: scopes, and the bounds of a token that issues others."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from arka_config import timestamps
from arka_config.errors import UsageError
from arka_config.text import check_printable
from arka_config.workspace.client.models import Bounds
from arka_config.workspace.scopes import ISSUE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Access(NamedTuple):
    """What a new token may do: its scopes except ISSUE, and the bounds that go with that one."""

    scopes: list[str]
    bounds: Bounds | None


def access_options(choices: Sequence[str]) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Add the options to a command, which gets them as the Access `access`. Raises what `_parse_access` raises."""
    options = [
        click.option(
            "--scope",
            type=click.Choice(choices),
            multiple=True,
            help="What the token may do with tokens; repeatable. Default: full access, but not to other tokens.",
        ),
        click.option("--issue-label", metavar="GLOB", help="With tokens:issue: the labels it may give, as in 'ci-*'."),
        click.option("--issue-lifetime", metavar="1h", help="With tokens:issue: how long its tokens last at most."),
        click.option("--issue-count", metavar="N", type=int, help="With tokens:issue: how many may work at one time."),
    ]

    def decorate(function: Callable[..., int | None]) -> Callable[..., int | None]:
        @functools.wraps(function)
        def with_access(
            *args: Any,
            scope: Sequence[str],
            issue_label: str | None,
            issue_lifetime: str | None,
            issue_count: int | None,
            **more: Any,
        ) -> int | None:
            access = _parse_access(scope, issue_label, issue_lifetime, issue_count)
            return function(*args, access=access, **more)

        decorated: Callable[..., int | None] = with_access
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _parse_access(scope: Sequence[str], label: str | None, lifetime: str | None, count: int | None) -> Access:
    """Return what the options say. Raises UsageError if the bounds are not complete, or there is no scope for them."""
    bounds = (label, lifetime, count)
    if ISSUE not in scope:
        if any(each is not None for each in bounds):
            raise UsageError("--issue-label, --issue-lifetime and --issue-count are for --scope tokens:issue")
        return Access(list(scope), None)
    if label is None or lifetime is None or count is None:
        raise UsageError(
            "--scope tokens:issue needs --issue-label, --issue-lifetime and --issue-count",
            hint="--scope tokens:issue --issue-label 'ci-*' --issue-lifetime 1h --issue-count 50",
        )
    try:
        seconds = int(timestamps.parse_duration(lifetime).total_seconds())
    except ValueError as error:
        raise UsageError(f"--issue-lifetime: {error}") from None
    scopes = [each for each in scope if each != ISSUE]
    return Access(scopes, Bounds(check_printable(label, "--issue-label"), seconds, count))
