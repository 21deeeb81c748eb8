"""One process of the races: a writer that changes profiles as fast as it can, or a reader that believes nothing.

    python -m tests.store.racer write HOME NUMBER ROUNDS
    python -m tests.store.racer read HOME

Two profiles, the star and the moon, are always there, each with its own token and setting, and one of them is active;
their names begin with `star` and `moon`, and every writer renames them and switches between them all the time. A
writer also makes profiles of its own, and fights with the others over some names that they share. It says what it has
done once that is done: what is in `acknowledged-NUMBER` must be in the store, whoever is killed.
"""

from __future__ import annotations

import os
import random
import sys
from typing import TYPE_CHECKING

from arka_config import Credential, Origin, ProfileStore, Resolution, Secret, open_store
from arka_config.arka import app
from arka_config.errors import LockTimeout, ProfileExists, UnknownProfile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SKY = {"star": 1, "moon": 2}
SHARED = ("shared-a", "shared-b", "shared-c")


def token(name: str) -> str:
    return "arka_" + name.replace("-", "_").ljust(37, "0")


def credential(name: str) -> Credential:
    return Credential(Secret(token(name)), Origin.of("https://arka-ai.com"), label=name)


def add(store: ProfileStore, name: str, timeout: int, word: str = "") -> None:
    """A profile whose setting and token can be told from every other's."""
    store.create(name, {("settings", "timeout"): timeout})
    store.log_in(name, credential(word or name))


def timeout_of(number: int, at: int) -> int:
    return 1000 * number + at


class Writer:
    """One of many."""

    def __init__(self, home: str, number: int) -> None:
        self.store = open_store(app, {"ARKA_HOME": home})
        self.number = number
        self.random = random.Random(number)
        self._said = os.open(
            os.path.join(home, f"acknowledged-{number}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )

    def run(self, rounds: Iterable[int]) -> None:
        for at in rounds:
            self.make_some(at)
            self.move_the_sky(at)
            self.fight()

    def make_some(self, at: int) -> None:
        """Adds, renames, copies, edits and removes profiles that nobody else touches."""
        new, kept, copy = (f"{what}-{self.number}-{at}" for what in ("new", "kept", "copy"))
        self.insist(lambda: self.store.create(new, {("settings", "timeout"): timeout_of(self.number, at)}))
        self.insist(lambda: self.store.log_in(new, credential(kept)))
        self.insist(lambda: self.store.rename(new, kept))
        self.acknowledge(kept)
        self.insist(lambda: self.store.copy(kept, copy, with_token=True))
        self.insist(lambda: self.store.pin(f"/{copy}", copy))
        if at % 2:
            self.insist(lambda: self.store.remove(copy))
        else:
            self.insist(lambda: self.store.log_out(copy))
            self.insist(lambda: self.store.edit(copy, {("settings", "timeout"): None, ("description",): "a copy"}))

    def move_the_sky(self, at: int) -> None:
        """Renames the active profile, to a name that it had before now and then, and switches to the other one."""
        name = self.active()
        kind = name.partition("-")[0]
        other = f"{kind}-{self.random.randrange(3)}" if at % 2 else f"{kind}-{self.number}-{at}"
        self.try_to(lambda: self.store.rename(name, other))
        self.try_to(self.store.use_previous)

    def fight(self) -> None:
        """Does what the others do too, to the same profiles, so that half of it fails."""
        one, two = self.random.sample(SHARED, 2)
        self.try_to(lambda: add(self.store, one, 7, "shared"))
        self.try_to(lambda: self.store.rename(one, two))
        self.try_to(lambda: self.store.copy(two, one, with_token=True))
        self.try_to(lambda: self.store.log_in(two, credential("shared")))
        self.try_to(lambda: self.store.remove(one))

    def active(self) -> str:
        name, _ = self.store.selection.read_active()
        assert name is not None
        return name

    def acknowledge(self, name: str) -> None:
        os.write(self._said, f"{name}\n".encode())

    def insist(self, change: Callable[[], object]) -> None:
        """Does it; again where the lock was not to be had, which is to say that nothing was changed."""
        while True:
            try:
                change()
            except LockTimeout:
                continue
            return

    def try_to(self, change: Callable[[], object]) -> None:
        """Does it unless somebody else was faster."""
        try:
            self.insist(change)
        except (ProfileExists, UnknownProfile):
            pass


def read(home: str) -> int:
    """How often a fresh reader found everything in order, until there is a file named `stop`."""
    times = 0
    while not os.path.exists(os.path.join(home, "stop")):
        look_at_the_active_profile(home)
        look_at_every_file(home)
        times += 1
    return times


def look_at_the_active_profile(home: str) -> None:
    """It is there, with its own token and its own setting, whatever it is called by now."""
    found = Resolution(open_store(app, {"ARKA_HOME": home}), {}, directory=lambda: "/")
    read = found.profile
    assert read.profile is not None, "no profile is in force"
    kind = read.profile.name.partition("-")[0]
    assert read.profile.settings == {"timeout": SKY[kind]}, f"{read.profile.name} has {read.profile.settings}"
    assert found.token().secret.reveal() == token(kind), f"{read.profile.name} has a wrong token"


def look_at_every_file(home: str) -> None:
    """Each can be read, and holds what its profile should have."""
    store = open_store(app, {"ARKA_HOME": home})
    store.selection.read_pins()
    for name in store.names():
        profile, kept = store.profiles.read(name), store.tokens.read(name)
        if kept is not None:
            kind, *_ = name.split("-")
            word = {"new": name.replace("new", "kept"), "copy": name.replace("copy", "kept"), "kept": name}
            assert kept.token.reveal() == token(word.get(kind, kind)), f"{name} has a wrong token"
        if "timeout" in profile.settings:
            check_timeout(name, profile.settings["timeout"])


def check_timeout(name: str, timeout: int) -> None:
    kind, *numbers = name.split("-")
    own = kind in ("new", "kept", "copy")
    expected = timeout_of(int(numbers[0]), int(numbers[1])) if own else SKY.get(kind, 7)
    assert timeout == expected, f"{name} has a wrong setting"


def main() -> None:
    role, home, *numbers = sys.argv[1:]
    if role == "write":
        number, rounds = map(int, numbers)
        Writer(home, number).run(range(rounds))
    else:
        sys.stdout.write(f"{read(home)}\n")


if __name__ == "__main__":
    main()
