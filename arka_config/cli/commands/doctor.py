"""`doctor`: find problems with this machine's profiles and tokens, and show the command that fixes each."""

from __future__ import annotations

import os
import sys
import textwrap
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import click

from arka_config.app_identity import VERIFY
from arka_config.cli.output import terminal
from arka_config.cli.output.progress import show_busy, track
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command, feature_option
from arka_config.doctor.problem import ERROR, NOTE, WARNING, shell_command
from arka_config.errors import EXIT_ERROR, UsageError
from arka_config.text import count_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.cli.output.documents.machine import DoctorDocument, ProblemDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.doctor.machine import Machine
    from arka_config.doctor.problem import Problem
    from arka_config.doctor.registry import Check, FixResult
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.survey import Survey

_MARKS: dict[str, tuple[str, str]] = {ERROR: ("✗", "red"), WARNING: ("!", "yellow"), NOTE: ("·", "cyan")}
_MIN_WIDTH = 30  # columns to wrap text in
_MAX_NOTES = 20  # of one check; a user may have thousands of tokens


@command()
@click.option("--fix", is_flag=True, help="Apply the safe fixes, and report what remains.")
@feature_option("--online", is_flag=True, help="Also ask the workspaces about this machine's tokens.", needs=VERIFY)
@click.argument("paths", metavar="[PATH]…", type=words.FILE, nargs=-1)
@click.option("--all", "show_all", is_flag=True, help="List every check, including those that found no problem.")
def doctor(session: Session, paths: tuple[str, ...], fix: bool, online: bool, show_all: bool) -> int | None:
    """Find problems with the profiles and tokens on this machine.

    Each problem is shown with a command that fixes it. The exit code is 1 if there is anything to fix. A PATH is a
    template, or a folder with templates, to check too; those of earlier applies are checked without one.

    Nothing is written unless you pass --fix. No helper is run, no passphrase is asked for, and no workspace is
    contacted[[verify: unless you pass --online]]. [[manage:--online also finds tokens that work and are in no
    profile, have expired, or are there twice. --fix revokes no token, except one that a killed command left and that no
    profile holds: for that it asks the workspace.]]
    """
    from arka_config.doctor.registry import CHECKS, ONLINE_CHECKS, apply_fixes, run_checks
    from arka_config.templates.reading import NAME_PATHS

    if session.profile is not None:
        session.store.check_exists(session.profile)
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"{visible(path)} does not exist", hint=NAME_PATHS)
    survey = _take_survey(session) if online else None
    checks = (*CHECKS, *ONLINE_CHECKS) if online else CHECKS
    machine = _read_machine(session, paths, survey)
    problems = run_checks(machine, track(checks, "Checking"))
    results: list[FixResult] | None = None
    if fix:
        with show_busy("Fixing"):
            results = apply_fixes(machine, problems)
        fixed = [result.problem.fix for result in results if result.is_fixed]
        if fixed:
            if online and any(fix is not None and fix.asks_workspace for fix in fixed):
                survey = _take_survey(session)
            problems = run_checks(_read_machine(session, paths, survey), track(checks, "Checking"))
        _report_fixes(session, results)
    if session.json:
        session.show_json(_document(checks, problems, results))
    else:
        for line in Report(session, checks, problems, paths).lines(show_all=show_all):
            terminal.out_report(terminal.link(line, sys.stdout))
    return EXIT_ERROR if any(problem.is_failure for problem in problems) else None


def _take_survey(session: Session) -> Survey:
    from arka_config.cli.runtime.token_survey import survey_tokens

    return survey_tokens(session)


def _read_machine(session: Session, paths: Sequence[str], survey: Survey | None) -> Machine:
    """Return the machine as it is now, with a new store: the session's store caches what it has read."""
    from arka_config.doctor.machine import Machine
    from arka_config.opening import open_store

    try:
        directory = os.getcwd()
    except OSError:  # it no longer exists
        directory = ""
    return Machine(
        open_store(session.app, session.environ),
        profile=session.profile,
        templates=paths,
        directory=directory,
        survey=survey,
        finish=partial(_finish, session),
    )


def _finish(session: Session, entry: Entry) -> None:
    from arka_config.cli.runtime.unfinished import finish_or_raise

    finish_or_raise(session, entry)


def _report_fixes(session: Session, results: Sequence[FixResult]) -> None:
    attempts = [(result, result.problem.fix) for result in results if result.problem.fix is not None]
    for result, fix in attempts:
        if result.is_fixed:
            terminal.say(session.with_tildes(f"Fixed: {fix.done}"), mark="✓")
    for result, _ in attempts:
        if not result.is_fixed:
            place = session.with_tilde(result.problem.place)
            terminal.warn(session.with_tildes(f"not fixed: {place}: {result.problem.message}: {result.why}"))


class Report:
    """The problems by group, wrapped to the width of the terminal if stdout is one."""

    def __init__(
        self, session: Session, checks: Sequence[Check], problems: Sequence[Problem], paths: Sequence[str] = ()
    ) -> None:
        self._session = session
        self._fix_command = shell_command(session.app.name, "doctor", "--fix", *paths)
        self._checks = checks
        self._group_width = max(len(check.group) for check in checks)
        self._problems = problems
        self._width = max(terminal.columns(), _MIN_WIDTH) if sys.stdout.isatty() else None

    def lines(self, *, show_all: bool = False) -> Iterator[str]:
        """Yield the lines of the report."""
        from arka_config.doctor.registry import GROUPS

        marks = list(_MARKS.values())
        for group, members in groupby(self._checks, lambda check: check.group):
            checks = list(members)
            names = {check.name for check in checks}
            problems = [problem for problem in self._problems if problem.check in names]
            if problems:
                worst = min(list(_MARKS).index(problem.severity) for problem in problems)
                yield f"{self._mark(*marks[worst])} {self._style(group, bold=True)}"
            else:
                title = self._style(group.ljust(self._group_width), bold=True)
                yield f"{self._mark('✓', 'green')} {title}  {self._style(GROUPS[group], dim=True)}"
            for check in checks:
                own = [problem for problem in problems if problem.check == check.name]
                if show_all and not own:
                    yield f"  {self._mark('✓', 'green')} {self._style(f'{check.name}: {check.passed}', dim=True)}"
                notes = 0
                for problem in own:
                    notes += not problem.is_failure
                    if problem.is_failure or notes <= _MAX_NOTES:
                        yield from self._problem(problem)
                if (left_out := notes - _MAX_NOTES) > 0:
                    more = f"{check.name}: {left_out} more; {self._session.app.name} doctor --online --json lists all"
                    yield f"  {self._mark(*_MARKS[NOTE])} {more}"
        yield ""
        yield self._summary()

    def _problem(self, problem: Problem) -> Iterator[str]:
        place = self._session.with_tilde(terminal.safe_text(problem.place))
        start = f"  {self._mark(*_MARKS[problem.severity])} {self._style(problem.check, bold=True)}  "
        yield from self._wrap(place, start, len(problem.check) + 6)
        yield from self._wrap(self._session.with_tildes(terminal.safe_text(problem.message)))
        if problem.command:  # not wrapped, so that it can be pasted
            command = terminal.safe_text(problem.command)
            yield f"    {self._style('$', dim=True)} {self._style(command, fg='cyan')}"
        if problem.advice:
            yield from self._wrap(self._session.with_tildes(terminal.safe_text(problem.advice)), dim=True)

    def _wrap(self, text: str, start: str = " " * 4, start_width: int = 4, *, dim: bool = False) -> Iterator[str]:
        """Wrap text, indented by 4. The first line begins with `start`, which is shown in `start_width` columns."""
        pieces = [text]
        if self._width is not None:
            wrapped = textwrap.wrap(text, self._width, initial_indent=" " * start_width, subsequent_indent=" " * 4) or [
                ""
            ]
            pieces = [wrapped[0][start_width:], *(piece[4:] for piece in wrapped[1:])]
        for index, piece in enumerate(pieces):
            yield f"{' ' * 4 if index else start}{self._style(piece, dim=True) if dim else piece}".rstrip()

    def _summary(self) -> str:
        failures = [problem for problem in self._problems if problem.is_failure]
        notes = len(self._problems) - len(failures)
        counts = [count_text(len(failures), "problem") if failures else "No problems found"]
        counts += [count_text(notes, "note")] if notes else []
        summary = ", ".join(counts)
        fixable = sum(problem.fix is not None for problem in failures)
        if not fixable:
            return summary
        which = "it" if len(failures) == 1 else "all of them" if fixable == len(failures) else f"{fixable} of them"
        return f"{summary}; {self._fix_command} fixes {which}"

    def _mark(self, mark: str, colour: str) -> str:
        return self._style(mark, fg=colour)

    def _style(self, text: str, **attributes: bool | str) -> str:
        return terminal.style(text, sys.stdout, **attributes)


def _document(
    checks: Sequence[Check], problems: Sequence[Problem], results: Sequence[FixResult] | None
) -> DoctorDocument:
    names = [problem.check for problem in problems]
    document: DoctorDocument = {
        "healthy": not any(problem.is_failure for problem in problems),
        "checks": [{"name": each.name, "group": each.group, "found": names.count(each.name)} for each in checks],
        "problems": [_problem_document(problem) for problem in problems],
    }
    if results is not None:
        document["fixed"] = [_problem_document(result.problem) for result in results if result.is_fixed]
        document["left"] = [
            {**_problem_document(result.problem), "why": result.why} for result in results if not result.is_fixed
        ]
    return document


def _problem_document(problem: Problem) -> ProblemDocument:
    return {
        "check": problem.check,
        "severity": problem.severity,
        "place": visible(problem.place) or None,
        "message": visible(problem.message),
        "command": visible(problem.command) or None,
        "advice": visible(problem.advice) or None,
        "fixable": problem.fix is not None,
        "token_id": visible(problem.token_id) or None,
    }
