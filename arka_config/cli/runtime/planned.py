"""A plan as `plan` and `apply` make it, of what the command line says and how the machine stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import click

from arka_config.cli.output.progress import track
from arka_config.errors import ConfigError, UnknownProfile, UsageError
from arka_config.text import did_you_mean, quoted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeVar

    from arka_config.cli.runtime.session import Session
    from arka_config.templates.desired import DesiredSet
    from arka_config.templates.ledger import Ledger, LedgerFile
    from arka_config.templates.options import Options
    from arka_config.templates.plan import Plan
    from arka_config.templates.token_fetching import Gatherer

    F = TypeVar("F", bound=Callable[..., object])

_OPTIONS = [
    click.option("--only", metavar="NAME", multiple=True, help="This profile alone; may be given again."),
    click.option(
        "--prune", is_flag=True, help="Remove profiles that an apply of the folder made, and no template has."
    ),
    click.option("--take", type=click.Choice(["template", "mine"]), help="Who wins where both sides changed."),
    click.option("--adopt", is_flag=True, help="Take over profiles that are there already."),
    click.option("--diff", is_flag=True, help="Show the files' lines that change."),
    click.option(
        "--identity", "identities", metavar="PATH", multiple=True, help="Another age or ssh identity for sealed tokens."
    ),
]


_MANY = 50  # profiles; fewer are done before a bar is drawn


def watched(items: Sequence[Any], what: str) -> Iterable[Any]:
    """The items, with a bar where they are many."""
    return track(items, what) if len(items) > _MANY else items


def plan_options(function: F) -> F:
    """The arguments and options that say what a plan is about."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return click.argument("paths", metavar="PATH…", nargs=-1, required=True)(function)


class Prepared(NamedTuple):
    """A plan with what it was made of. `before` is the ledger as it stands in its file."""

    plan: Plan
    wanted: DesiredSet
    gatherer: Gatherer
    before: Ledger
    ledger: Ledger
    file: LedgerFile
    is_interrupted: bool

    @property
    def is_ledger_behind(self) -> bool:
        """Whether the ledger is to be written although nothing else is."""
        from arka_config.templates.remembering import ledger_after

        return self.is_interrupted or bool(self.before.unlike(ledger_after(self.plan, self.ledger, {})))


def prepare(session: Session, paths: Sequence[str], options: Options, identities: Sequence[str]) -> Prepared:
    """Reads the templates, the machine and the ledger, and plans. Raises what is wrong with any of them."""
    from arka_config.templates.actual import actual
    from arka_config.templates.desired import desired
    from arka_config.templates.facts import Facts
    from arka_config.templates.identity import IdentityFile
    from arka_config.templates.ledger import LedgerFile
    from arka_config.templates.planning import plan
    from arka_config.templates.policy import SettingsCheck
    from arka_config.templates.pruning import prunable
    from arka_config.templates.token_fetching import Gatherer

    app, store = session.app, session.store
    wanted = desired(app, store.preferences, Facts.here(), paths, watched)
    file = LedgerFile(store.folders.state)
    before, pending = file.read(), file.pending()
    _check(wanted, options, {*wanted.profiles, *before.entries})
    names = {*wanted.profiles, *prunable(wanted, before, options)}
    if pending is not None:
        names |= {*before.unlike(pending), *prunable(wanted, pending, options)}
    check = SettingsCheck(app)
    found = actual(store, names, check, watched)
    ledger = before.settled(pending, found)
    gatherer = Gatherer(app, session.environ, store.preferences, IdentityFile(store.folders.data), identities)
    lacking = gatherer.lacking(wanted, found, ledger)
    made = plan(wanted, found, ledger, options, check.defaults() | {"api_url": app.default_url()}, lacking)
    return Prepared(made, wanted, gatherer, before, ledger, file, pending is not None)


def _check(wanted: DesiredSet, options: Options, known: set[str]) -> None:
    """Raises UsageError, UnknownProfile or ConfigError for words that the templates give no meaning to."""
    if options.prune and not wanted.folders:
        raise UsageError("--prune is about folders: a file says nothing of its neighbours", hint="name the folder")
    for folder in wanted.folders:
        if not any(text.folder == folder for text in wanted.texts):
            lost = "; --prune would remove all that an apply of it made" if options.prune else ""
            raise ConfigError(f"{visible(folder)} holds no template{lost}", hint=f"look at it: ls {quoted(folder)}")
    for name in options.only:
        if name not in known:
            raise UnknownProfile(
                f"--only: no template describes a profile '{visible(name)}' on this machine",
                hint=did_you_mean(name, known) or f"they describe {', '.join(sorted(known)) or 'none'}",
            )
    if options.only:
        wanted.profiles = {name: one for name, one in wanted.profiles.items() if name in options.only}
