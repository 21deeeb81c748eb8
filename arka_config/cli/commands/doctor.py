"""`doctor`: what is wrong with this machine's profiles and tokens, and the command that mends each."""

from __future__ import annotations

import os
import sys
from itertools import groupby
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.doctor.machine import Machine
from arka_config.doctor.problem import ERROR, NOTE, WARNING
from arka_config.doctor.registry import CHECKS, GROUPS, apply_fixes, run_checks
from arka_config.errors import EXIT_ERROR
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.doctor.problem import Problem
    from arka_config.doctor.registry import FixResult

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
    machine = _machine(session)
    found = run_checks(machine)
    fix_results: list[FixResult] = []
    if fix:
        fix_results = apply_fixes(machine, found)
        if any(not each.why for each in fix_results):
            found = run_checks(_machine(session))
        _tell(session, fix_results)
    if session.json:
        session.show_json(_document(found, fix_results if fix else None))
    else:
        for line in Report(session, found).lines(everything=everything):
            terminal.out(line)
    return EXIT_ERROR if any(problem.is_illness for problem in found) else None


def _machine(session: Session) -> Machine:
    """The machine as it stands now: a store of its own, since the session's remembers what it has read."""
    from arka_config.store.profile_store import ProfileStore

    try:
        directory = os.getcwd()
    except OSError:  # it is gone, and nothing is pinned to it or lies in it
        directory = ""
    return Machine(ProfileStore.open(session.app, session.environ), profile=session.profile, directory=directory)


def _tell(session: Session, fix_results: Sequence[FixResult]) -> None:
    """What was done, and what was not, with the reason."""
    for each in fix_results:
        if each.problem.fix is not None and not each.why:
            terminal.say(session.with_tildes(f"Mended: {each.problem.fix.done}"), mark="✓")
    for each in fix_results:
        if each.problem.fix is not None and each.why:
            place = session.with_tilde(each.problem.place)
            terminal.warn(session.with_tildes(f"not mended: {place}: {each.problem.message}: {each.why}"))


class Report:
    """What was found, group by group, for the stream that stdout is."""

    def __init__(self, session: Session, found: Sequence[Problem]) -> None:
        self._session = session
        self._found = found
        self._width = _columns() if sys.stdout.isatty() else None

    def lines(self, *, everything: bool = False) -> Iterator[str]:
        """Every line, one after another."""
        for group, members in groupby(CHECKS, lambda check: check.group):
            checks = list(members)
            names = {check.name for check in checks}
            problems = [problem for problem in self._found if problem.check in names]
            worst = min((list(_MARKS).index(each.severity) for each in problems), default=None)
            mark = self._mark("✓", "green") if worst is None else self._mark(*list(_MARKS.values())[worst])
            well = f"  {self._styled(GROUPS[group], dim=True)}" if worst is None else ""
            yield f"{mark} {self._styled(group.ljust(_LONGEST_GROUP) if well else group, bold=True)}{well}"
            for check in checks:
                own = [problem for problem in problems if problem.check == check.name]
                if everything and not own:
                    yield f"  {self._mark('✓', 'green')} {self._styled(f'{check.name}: {check.well}', dim=True)}"
                for problem in own:
                    yield from self._problem(problem)
        yield ""
        yield self._summary()

    def _problem(self, problem: Problem) -> Iterator[str]:
        name = self._styled(problem.check, bold=True)
        place = self._session.with_tilde(terminal.safe_text(problem.place))
        yield from self._folded(place, f"  {self._mark(*_MARKS[problem.severity])} {name}  ", 4, len(problem.check) + 6)
        yield from self._folded(self._session.with_tildes(terminal.safe_text(problem.message)), " " * 4, 4)
        if problem.command:  # in one piece, so that it can be pasted
            yield f"    {self._styled('$', dim=True)} {self._styled(terminal.safe_text(problem.command), fg='cyan')}"
        if problem.advice:
            yield from self._folded(self._session.with_tildes(terminal.safe_text(problem.advice)), " " * 4, 4, dim=True)

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
        ill = [problem for problem in self._found if problem.is_illness]
        notes = len(self._found) - len(ill)
        said = f"{notes} thing{'' if notes == 1 else 's'} to know" if notes else ""
        if not ill:
            return "Nothing is wrong" + (f", and {said}" if said else "")
        fixable = sum(problem.fix is not None for problem in ill)
        parts = [f"{len(ill)} thing{'' if len(ill) == 1 else 's'} to mend", *([said] if said else [])]
        if fixable:
            of_them = "it" if len(ill) == 1 else "all of them" if fixable == len(ill) else f"{fixable} of them"
            parts.append(f"{self._session.app.name} doctor --fix mends {of_them}")
        return ", ".join(parts)

    def _mark(self, mark: str, colour: str) -> str:
        return self._styled(mark, fg=colour)

    def _styled(self, text: str, **style: bool | str) -> str:
        return terminal.style(text, sys.stdout, **style)


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _document(found: Sequence[Problem], fix_results: Sequence[FixResult] | None) -> dict[str, object]:
    """All of it as JSON has it."""
    names = [problem.check for problem in found]
    document: dict[str, object] = {
        "healthy": not any(problem.is_illness for problem in found),
        "checks": [{"name": each.name, "group": each.group, "found": names.count(each.name)} for each in CHECKS],
        "problems": [_problem_document(problem) for problem in found],
    }
    if fix_results is not None:
        document["mended"] = [_problem_document(each.problem) for each in fix_results if not each.why]
        document["left"] = [{**_problem_document(each.problem), "why": each.why} for each in fix_results if each.why]
    return document


def _problem_document(problem: Problem) -> dict[str, object]:
    return {
        "check": problem.check,
        "severity": problem.severity,
        "place": visible(problem.place) or None,
        "message": visible(problem.message),
        "command": visible(problem.command) or None,
        "advice": visible(problem.advice) or None,
        "fixable": problem.fix is not None,
    }
