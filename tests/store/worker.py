"""One process of the race tests: a writer that changes profiles quickly, or a reader that checks everything.

    python -m tests.store.worker write HOME NUMBER ROUNDS
    python -m tests.store.worker read HOME

Two profiles always exist, each with its own token and setting, and one of them is active. Their names begin with `star`
and `moon`; every writer keeps renaming them and switching between them. A writer also creates profiles of its own, and
competes with the others for some shared names. It acknowledges a profile after creating it: what is in
`acknowledged-NUMBER` must be in the store, even if processes are killed.
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

SECRET = app.field(("webhook_secret",), secret=True)
PERMANENT = {"star": 1, "moon": 2}
SHARED = ("shared-a", "shared-b", "shared-c")


def token(name: str) -> str:
    return "arka_" + name.replace("-", "_").ljust(37, "0")


def secret(name: str) -> Secret:
    return Secret(f"secret-{name}")


def credential(name: str) -> Credential:
    return Credential(Secret(token(name)), Origin.of("https://arka-ai.com"), label=name)


def add(store: ProfileStore, name: str, timeout: int, word: str = "") -> None:
    """Add a profile with a distinct setting, secret and token."""
    store.create(name, {("settings", "timeout"): timeout})
    store.set_secret(name, SECRET.name, secret(word or name))
    store.log_in(name, credential(word or name))


def timeout_of(number: int, at: int) -> int:
    return 1000 * number + at


class Writer:
    """One of several writers."""

    def __init__(self, home: str, number: int) -> None:
        self.store = open_store(app, {"ARKA_HOME": home})
        self.number = number
        self.random = random.Random(number)
        self._acknowledged = os.open(
            os.path.join(home, f"acknowledged-{number}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
        )

    def run(self, rounds: Iterable[int]) -> None:
        for at in rounds:
            self.change_own_profiles(at)
            self.change_permanent_profiles(at)
            self.change_shared_profiles()

    def change_own_profiles(self, at: int) -> None:
        """Add, rename, copy, edit and remove profiles that no other writer changes."""
        new, kept, copy = (f"{what}-{self.number}-{at}" for what in ("new", "kept", "copy"))
        self.retry(lambda: self.store.create(new, {("settings", "timeout"): timeout_of(self.number, at)}))
        self.retry(lambda: self.store.set_secret(new, SECRET.name, secret(kept)))
        self.retry(lambda: self.store.log_in(new, credential(kept)))
        self.retry(lambda: self.store.rename(new, kept))
        self.acknowledge(kept)
        self.retry(lambda: self.store.copy(kept, copy, with_token=True))
        self.retry(lambda: self.store.pin(f"/{copy}", copy))
        if at % 2:
            self.retry(lambda: self.store.remove(copy))
        else:
            self.retry(lambda: self.store.log_out(copy))
            self.retry(lambda: self.store.edit(copy, {("settings", "timeout"): None, ("description",): "a copy"}))

    def change_permanent_profiles(self, at: int) -> None:
        """Rename the active profile, sometimes to a name that it had before, and switch to the other one."""
        name = self.active()
        kind = name.partition("-")[0]
        other = f"{kind}-{self.random.randrange(3)}" if at % 2 else f"{kind}-{self.number}-{at}"
        self.try_to(lambda: self.store.rename(name, other))
        self.try_to(self.store.use_previous)

    def change_shared_profiles(self) -> None:
        """Change the profiles that all writers change, so that half of the changes fail."""
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
        os.write(self._acknowledged, f"{name}\n".encode())

    def retry(self, change: Callable[[], object]) -> None:
        """Make a change. If the lock times out, nothing was changed, so make it again."""
        while True:
            try:
                change()
            except LockTimeout:
                continue
            return

    def try_to(self, change: Callable[[], object]) -> None:
        """Make a change. If another writer was faster, do nothing."""
        try:
            self.retry(change)
        except (ProfileExists, UnknownProfile):
            pass


def read(home: str) -> int:
    """Check everything until a file named `stop` exists. Return the number of checks."""
    times = 0
    while not os.path.exists(os.path.join(home, "stop")):
        check_active_profile(home)
        check_every_file(home)
        times += 1
    return times


def check_active_profile(home: str) -> None:
    """Check that the active profile has its own token, setting and secret, whatever its name is."""
    found = Resolution(open_store(app, {"ARKA_HOME": home}), {}, directory=lambda: "/", secrets=[SECRET.name])
    read = found.profile
    assert read.profile is not None, "there is no effective profile"
    kind = read.profile.name.partition("-")[0]
    assert read.profile.settings == {"timeout": PERMANENT[kind]}, f"{read.profile.name} has {read.profile.settings}"
    assert found.token().secret.reveal() == token(kind), f"{read.profile.name} has a wrong token"
    stored = found.resolve(SECRET)
    assert stored is not None, f"{read.profile.name} has no secret"
    assert stored.value == secret(kind), f"{read.profile.name} has a wrong secret"


def check_every_file(home: str) -> None:
    """Check that each file can be read and has its profile's content."""
    store = open_store(app, {"ARKA_HOME": home})
    store.selection.read_pins()
    for name, field in store.secrets.names():
        assert store.secrets.read(name, field) in (None, secret(word_of(name))), f"{name} has a wrong secret"
    for name in store.names():
        profile, kept = store.profiles.read(name), store.tokens.read(name)
        if kept is not None:
            assert kept.token.reveal() == token(word_of(name)), f"{name} has a wrong token"
        if "timeout" in profile.settings:
            check_timeout(name, profile.settings["timeout"])


def word_of(name: str) -> str:
    """Return the word in a profile's token and secret."""
    kind, *_ = name.split("-")
    return {"new": name.replace("new", "kept"), "copy": name.replace("copy", "kept"), "kept": name}.get(kind, kind)


def check_timeout(name: str, timeout: int) -> None:
    kind, *numbers = name.split("-")
    own = kind in ("new", "kept", "copy")
    expected = timeout_of(int(numbers[0]), int(numbers[1])) if own else PERMANENT.get(kind, 7)
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
