"""For each case: doctor reports exactly its problem, and the printed command fixes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from arka_config import timestamps
from tests.cli.program import OTHER, TOKEN
from tests.doctor.all_cases import CASES
from tests.guarantees import numbers
from tests.workspace.fake import MANAGE

if TYPE_CHECKING:
    from tests.doctor.user_home import UserHome
    from tests.workspace.fake import FakeWorkspace


@pytest.mark.parametrize("name", numbers.part_of(CASES, 5))
def test_problem_is_reported_and_its_command_fixes_it(name: str, user_home: UserHome) -> None:
    case = CASES[name]
    environ = dict(case.create(user_home) or {})
    problems = user_home.problems(**environ)
    assert len(problems) == 1, problems
    problem = problems[0]
    home = str(user_home.home)
    assert problem["check"] == case.check
    assert problem["place"].replace(home, "~") == case.place
    assert case.message in problem["message"].replace(home, "~")
    assert (problem["command"] or "").replace(home, "~") == case.command
    assert (problem["severity"], problem["fixable"]) == (case.severity, case.fixable)
    assert problem["command"] or problem["advice"]
    report = user_home.doctor(**environ)
    assert report.code == (0 if case.severity == "note" else 1)
    assert report.err == ""
    assert (problem["command"] or "") in report.out
    assert TOKEN not in report.out
    assert OTHER not in report.out
    if case.command:
        extra = {"EDITOR": case.editor} if case.editor else {}
        command = f"{problem['command']} --yes" if case.command.startswith("arka apply") else problem["command"]
        remaining = user_home.problems_after(command, stdin=case.stdin, types=case.types, **environ, **extra)
        assert remaining == []


def test_token_of_a_killed_rotation_is_reported_and_fix_revokes_it(user_home: UserHome, fake: FakeWorkspace) -> None:
    token, left = "arka_" + "s" * 37, "arka_" + "l" * 37
    fake.add(token, "CI", scopes=(MANAGE,))
    details = fake.add(left, "CI")
    user_home.store_token("ci", token, fake.url, label="CI", created="2026-11-24T12:00:00Z")
    entry = {
        "kind": "rotate",
        "role": "unneeded",
        "profile": "ci",
        "origin": fake.url,
        "label": "CI",
        "id": details["id"],
    }
    entry |= {"begun": "2026-11-24T12:00:00Z", "process": 4194305}
    user_home.write(user_home.state("journal.json"), json.dumps({"version": 1, "tokens": {"k": entry}}))
    (problem,) = user_home.problems()
    assert (problem["check"], problem["severity"], problem["fixable"]) == ("unfinished", "warning", True)
    assert problem["message"] == (
        f"a 'rotate' begun 2026-11-24T12:00:00Z was killed: token 'CI' ({details['id']}) for profile 'ci' at "
        f"{fake.url} may work, and no profile may hold it"
    )
    assert problem["command"] == "arka doctor --fix"
    assert user_home.problems_after(problem["command"]) == []
    assert (fake.accepts(token), fake.accepts(left)) == (True, False)


def test_token_that_expires_soon_is_reported_with_rotate(user_home: UserHome, fake: FakeWorkspace) -> None:
    token = "arka_" + "s" * 37
    fake.add(token)
    user_home.store_token("soon", token, fake.url, expires=timestamps.to_text(timestamps.parse_expiry("5d")))
    (problem,) = user_home.problems()
    assert (problem["check"], problem["severity"]) == ("expiry", "warning")
    assert problem["message"].startswith("the token of profile 'soon' expires in 5 days")
    assert problem["command"] == "arka rotate --profile soon"
    assert user_home.problems_after(problem["command"]) == []  # the workspace's new token does not expire


def test_expiry_warning_sets_how_many_days_count_as_soon(user_home: UserHome) -> None:
    user_home.store_token("soon", expires=timestamps.to_text(timestamps.parse_expiry("20d")))
    assert user_home.problems() == []
    user_home.write(user_home.config("config.toml"), 'expiry_warning = "30d"\n')
    assert [problem["check"] for problem in user_home.problems()] == ["expiry"]
    user_home.store_token("soon", expires=timestamps.to_text(timestamps.parse_expiry("10d")))
    user_home.write(user_home.config("config.toml"), 'expiry_warning = "3"\n')  # not a duration: the default counts
    assert [problem["check"] for problem in user_home.problems()] == ["preferences", "expiry"]
