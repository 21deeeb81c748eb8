"""`doctor`: what is wrong with this machine's profiles and tokens, and the command that mends each."""

from __future__ import annotations

import os
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from arka_config.cli import terminal
from arka_config.cli.command import command
from arka_config.doctor.ailment import ERROR, NOTE, WARNING
from arka_config.doctor.checkup import CHECKS, GROUPS, examine, treat
from arka_config.doctor.patient import Patient
from arka_config.errors import EXIT_ERROR
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.cli.session import Session
    from arka_config.doctor.ailment import Ailment
    from arka_config.doctor.checkup import Treatment

_MARKS: dict[str, tuple[str, str]] = {ERROR: ("✗", "red"), WARNING: ("!", "yellow"), NOTE: ("·", "cyan")}
_LONGEST_GROUP = max(map(len, GROUPS))
_NARROWEST = 30  # columns, to fold words in


@command()
@click.option("--fix", is_flag=True, help="Make the changes that are safe, and say what was left.")
@click.option("--all", "everything", is_flag=True, help="Name every check, also those that found nothing.")
def doctor(session: Session, fix: bool, everything: bool) -> int | None:
    """Find what is wrong with profiles and tokens on this machine.

    Each thing that is found stands with the command that mends it. Exits with 1 where there is something to mend.
    Nothing is written without --fix, no helper is run, no passphrase is asked for, and no workspace is asked.
    """
    if session.profile is not None:
        session.store.check_exists(session.profile)
    patient = _patient(session)
    found = examine(patient)
    treated: list[Treatment] = []
    if fix:
        treated = treat(patient, found)
        if any(not each.why for each in treated):
            found = examine(_patient(session))
        _tell(session, treated)
    if session.json:
        session.show_json(_document(found, treated if fix else None))
    else:
        for line in Report(session, found).lines(everything=everything):
            terminal.out(line)
    return EXIT_ERROR if any(ailment.is_illness for ailment in found) else None


def _patient(session: Session) -> Patient:
    """The machine as it stands now: a store of its own, since the session's remembers what it has read."""
    from arka_config.store.profile_store import ProfileStore

    try:
        directory = os.getcwd()
    except OSError:  # it is gone, and nothing is pinned to it or lies in it
        directory = ""
    return Patient(ProfileStore.open(session.app, session.environ), profile=session.profile, directory=directory)


def _tell(session: Session, treated: Sequence[Treatment]) -> None:
    """What was done, and what was not, with the reason."""
    for each in treated:
        if each.ailment.fix is not None and not each.why:
            terminal.say(session.tilde_within(f"Mended: {each.ailment.fix.done}"), mark="✓")
    for each in treated:
        if each.ailment.fix is not None and each.why:
            place = session.tilde(each.ailment.place)
            terminal.warn(session.tilde_within(f"not mended: {place}: {each.ailment.message}: {each.why}"))


class Report:
    """What was found, group by group, for the stream that stdout is."""

    def __init__(self, session: Session, found: Sequence[Ailment]) -> None:
        self._session = session
        self._found = found
        self._width = _columns() if sys.stdout.isatty() else None

    def lines(self, *, everything: bool = False) -> Iterator[str]:
        """Every line, one after another."""
        for group, members in groupby(CHECKS, lambda check: check.group):
            checks = list(members)
            names = {check.name for check in checks}
            ailments = [ailment for ailment in self._found if ailment.check in names]
            worst = min((list(_MARKS).index(each.severity) for each in ailments), default=None)
            mark = self._mark("✓", "green") if worst is None else self._mark(*list(_MARKS.values())[worst])
            well = f"  {self._styled(GROUPS[group], dim=True)}" if worst is None else ""
            yield f"{mark} {self._styled(group.ljust(_LONGEST_GROUP) if well else group, bold=True)}{well}"
            for check in checks:
                own = [ailment for ailment in ailments if ailment.check == check.name]
                if everything and not own:
                    yield f"  {self._mark('✓', 'green')} {self._styled(f'{check.name}: {check.well}', dim=True)}"
                for ailment in own:
                    yield from self._ailment(ailment)
        yield ""
        yield self._summary()

    def _ailment(self, ailment: Ailment) -> Iterator[str]:
        name = self._styled(ailment.check, bold=True)
        place = self._session.tilde(terminal.fit(ailment.place))
        yield from self._folded(place, f"  {self._mark(*_MARKS[ailment.severity])} {name}  ", 4, len(ailment.check) + 6)
        yield from self._folded(self._session.tilde_within(terminal.fit(ailment.message)), " " * 4, 4)
        if ailment.command:  # in one piece, so that it can be pasted
            yield f"    {self._styled('$', dim=True)} {self._styled(terminal.fit(ailment.command), fg='cyan')}"
        if ailment.advice:
            yield from self._folded(self._session.tilde_within(terminal.fit(ailment.advice)), " " * 4, 4, dim=True)

    def _folded(self, text: str, begin: str, indent: int, used: int = 4, *, dim: bool = False) -> Iterator[str]:
        """The text in lines of the terminal's width, the first behind `begin`, which takes `used` columns of it."""
        pieces = [text]
        if self._width is not None:
            import textwrap

            room = max(self._width, _NARROWEST)
            pieces = textwrap.wrap(text, room, initial_indent=" " * used, subsequent_indent=" " * indent) or [""]
            pieces = [pieces[0][used:], *(piece[indent:] for piece in pieces[1:])]
        for at, piece in enumerate(pieces):
            yield f"{begin if at == 0 else ' ' * indent}{self._styled(piece, dim=True) if dim else piece}".rstrip()

    def _summary(self) -> str:
        ill = [ailment for ailment in self._found if ailment.is_illness]
        notes = len(self._found) - len(ill)
        said = f"{notes} thing{'' if notes == 1 else 's'} to know" if notes else ""
        if not ill:
            return "Nothing is wrong" + (f", and {said}" if said else "")
        fixable = sum(ailment.fix is not None for ailment in ill)
        parts = [f"{len(ill)} thing{'' if len(ill) == 1 else 's'} to mend", *([said] if said else [])]
        if fixable:
            of_them = "it" if len(ill) == 1 else "all of them" if fixable == len(ill) else f"{fixable} of them"
            parts.append(f"{self._session.app.name} doctor --fix mends {of_them}")
        return ", ".join(parts)

    def _mark(self, mark: str, colour: str) -> str:
        return self._styled(mark, fg=colour)

    def _styled(self, text: str, **style: bool | str) -> str:
        return terminal.styled(text, sys.stdout, **style)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _document(found: Sequence[Ailment], treated: Sequence[Treatment] | None) -> dict[str, object]:
    """All of it as JSON has it."""
    names = [ailment.check for ailment in found]
    document: dict[str, object] = {
        "healthy": not any(ailment.is_illness for ailment in found),
        "checks": [{"name": each.name, "group": each.group, "found": names.count(each.name)} for each in CHECKS],
        "ailments": [_ailment_document(ailment) for ailment in found],
    }
    if treated is not None:
        document["mended"] = [_ailment_document(each.ailment) for each in treated if not each.why]
        document["left"] = [{**_ailment_document(each.ailment), "why": each.why} for each in treated if each.why]
    return document


def _ailment_document(ailment: Ailment) -> dict[str, object]:
    return {
        "check": ailment.check,
        "severity": ailment.severity,
        "place": visible(ailment.place) or None,
        "message": visible(ailment.message),
        "command": visible(ailment.command) or None,
        "advice": visible(ailment.advice) or None,
        "fixable": ailment.fix is not None,
    }
