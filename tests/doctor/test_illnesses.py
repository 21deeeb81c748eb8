"""Each illness alone: exactly it is found, and what is prescribed mends it, run as it was printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from arka_config import timestamps
from tests.cli.program import OTHER, TOKEN
from tests.doctor.illnesses import ILLNESSES

if TYPE_CHECKING:
    from tests.doctor.ward import Ward
    from tests.workspace.fake import FakeWorkspace


@pytest.mark.parametrize("name", ILLNESSES)
def test_the_illness_is_found_and_its_remedy_mends_it(name: str, ward: Ward) -> None:
    illness = ILLNESSES[name]
    environ = dict(illness.make(ward) or {})
    found = ward.found(**environ)
    assert len(found) == 1, found
    problem = found[0]
    home = str(ward.home)
    assert problem["check"] == illness.check
    assert problem["place"].replace(home, "~") == illness.place
    assert illness.message in problem["message"].replace(home, "~")
    assert (problem["command"] or "").replace(home, "~") == illness.command
    assert (problem["severity"], problem["fixable"]) == (illness.severity, illness.fixable)
    assert problem["command"] or problem["advice"]
    shown = ward.doctor(**environ)
    assert shown.code == (0 if illness.severity == "note" else 1)
    assert shown.err == ""
    assert (problem["command"] or "") in shown.out
    assert TOKEN not in shown.out
    assert OTHER not in shown.out
    if illness.command:
        extra = {"EDITOR": illness.editor} if illness.editor else {}
        command = f"{problem['command']} --yes" if illness.command.startswith("arka apply") else problem["command"]
        left = ward.after(command, stdin=illness.stdin, types=illness.types, **environ, **extra)
        assert left == []


def test_a_token_that_expires_soon_is_rotated(ward: Ward, fake: FakeWorkspace) -> None:
    """The workspace gives the new one no end."""
    token = "arka_" + "s" * 37
    fake.add(token)
    ward.keep("soon", token, fake.url, expires=timestamps.stored(timestamps.end("5d")))
    (problem,) = ward.found()
    assert (problem["check"], problem["severity"]) == ("expiry", "warning")
    assert problem["message"].startswith("the token of profile 'soon' expires in 5 days")
    assert problem["command"] == "arka rotate --profile soon"
    assert ward.after(problem["command"]) == []


def test_how_soon_is_the_users_to_say(ward: Ward) -> None:
    ward.keep("soon", expires=timestamps.stored(timestamps.end("20d")))
    assert ward.found() == []
    ward.write(ward.config("config.toml"), 'expiry_warning = "30d"\n')
    assert [problem["check"] for problem in ward.found()] == ["expiry"]
    ward.write(ward.config("config.toml"), 'expiry_warning = "3"\n')  # which is no duration, and hides nothing else
    ward.keep("soon", expires=timestamps.stored(timestamps.end("10d")))
    assert [problem["check"] for problem in ward.found()] == ["preferences", "expiry"]
