"""Run `arka`, or another program, on a real pseudo-terminal."""

from __future__ import annotations

import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pyte

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ARKA = str(Path(sys.executable).with_name("arka"))


class Terminal:
    """A program on a terminal. `shown` is what the terminal has shown up to the text that was last waited for."""

    def __init__(self, arguments: Sequence[str], environ: Mapping[str, str], program: str = ARKA) -> None:
        self.child = pexpect.spawn(
            program, list(arguments), env=environ, encoding="utf-8", timeout=60, dimensions=(40, 80), echo=True
        )
        self.shown = ""

    def expect(self, text: str) -> None:
        """Wait until the terminal shows this text."""
        self.child.expect_exact(text)
        self.shown += (self.child.before or "") + text

    def type(self, text: str) -> None:
        """Type a line."""
        self.child.sendline(text)

    def expect_hidden(self, question: str) -> None:
        """Wait for a prompt. If the answer is hidden, wait until the echo is off too."""
        self.expect(question)
        self.child.waitnoecho(timeout=60)
        assert not self.has_echo()

    def answer_hidden(self, question: str, text: str) -> None:
        """Type the answer to a prompt once the echo is off."""
        self.expect_hidden(question)
        self.type(text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.child.sendintr()

    def has_echo(self) -> bool:
        """Tell whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self.child.child_fd)[3] & termios.ECHO)

    def wait(self) -> int:
        """Wait until the program ends, and return its exit code."""
        self.child.expect(pexpect.EOF)
        self.shown += self.child.before or ""
        return exit_code(self.child)


def exit_code(child: pexpect.spawn[str]) -> int:
    """Wait for a program that has closed its terminal, and return its exit code.

    `close` alone waits a tenth of a second and then kills the program, which may be too early if the machine is busy.
    """
    child.wait()
    child.close()
    assert child.exitstatus is not None
    return child.exitstatus


def run_on_terminal(
    arguments: Sequence[str], environ: Mapping[str, str], columns: int, folder: str | None = None
) -> tuple[list[str], str]:
    """Run `arka` to its end; return the lines on its screen then, and the bytes sent to it."""
    child = pexpect.spawn(ARKA, list(arguments), env=environ, encoding="utf-8", dimensions=(80, columns), cwd=folder)
    child.expect(pexpect.EOF)
    child.wait()
    child.close()
    screen = pyte.Screen(columns, 80)
    pyte.Stream(screen).feed(child.before or "")
    return [line.rstrip() for line in screen.display if line.strip()], child.before or ""
