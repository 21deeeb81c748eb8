"""Passphrases, stretched with Argon2id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import SealingError, WrongPassphrase
from arka_config.sealing import cipher
from arka_config.sealing.unlockers.environment import secret_from
from arka_config.sealing.unlockers.protocol import RECOVERY, NoAnswer, Prompt, UnlockerKind
from arka_config.sealing.unlockers.weakness import weakness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import Context

# What a file may specify. Lower values make a passphrase cheap to guess, higher ones exhaust the machine. The least
# memory is that of the weakest setting in OWASP's cheat sheet on password storage.
_BOUNDS = {"memory": (7 << 10, 256 << 10), "passes": (1, 10), "lanes": (1, 16)}

_VARIABLE = "PASSPHRASE"
_TRIES = 3


class Passphrase(UnlockerKind):
    """A secret that the user remembers."""

    name = "passphrase"
    details: Mapping[str, type] = dict.fromkeys(_BOUNDS, int)
    # RFC 9106, section 4, the second recommended option: 64 MiB, 3 passes, 4 lanes.
    parameters: Mapping[str, object] = {"memory": 65536, "passes": 3, "lanes": 4}
    prompts = (Prompt("passphrase", _VARIABLE),)
    asks = True

    def create(
        self, context: Context, file: DataKeyFile, values: Mapping[str, str], undo: list[Callable[[], object]]
    ) -> tuple[dict[str, object], bytes]:
        """Take the passphrase as it is. Raises SealingError if it already opens the vault."""
        secret = values["passphrase"].encode()
        for unlocker in file.unlockers:
            if unlocker.kind == self.name and unlocker.unwrap(self.derive(secret, unlocker, context.path), file):
                raise SealingError("that passphrase already opens the vault", hint="choose another one")
        return {}, secret

    def secrets(self, context: Context, file: DataKeyFile, unlockers: Sequence[Unlocker]) -> Iterator[bytes]:
        """Yield the passphrase from the environment, then up to three that are typed.

        Raises WrongPassphrase, NoAnswer, and SealingError if a variable leads to no passphrase.
        """
        app = context.app
        given = secret_from(app, context.environ, _VARIABLE, may_run=context.may_wait)
        if given is not None:
            yield given[0].encode()
        is_one_of_several = sum(each.kind == self.name for each in file.unlockers) > len(unlockers)
        of_which = f" of unlocker '{unlockers[0].name}'" if is_one_of_several else ""
        changed = self._describe_changed_cost(unlockers, context.path)
        question = f"Passphrase{of_which}"
        for _ in range(_TRIES):
            typed = context.ask(question)
            if typed is None:
                break
            yield typed.encode()
            question = f"Wrong passphrase{of_which}, try again"
        else:
            raise WrongPassphrase(
                f"wrong passphrase{of_which}{changed}",
                hint=f"try again; three attempts failed; if it is lost: {RECOVERY}",
            )
        if given is not None:
            raise WrongPassphrase(
                f"wrong passphrase in {given[1]}{of_which}{changed}",
                hint=f"correct {given[1]}; if it is lost: {RECOVERY}",
            )
        variable = app.variable(_VARIABLE)
        raise NoAnswer(
            f"{context.path} needs a passphrase{of_which}: {variable} is not set, and there is no terminal to ask on",
            hint=f'eval "$({app.name} vault unlock)" on a terminal, or set {variable}_FILE',
        )

    def _describe_changed_cost(self, unlockers: Sequence[Unlocker], path: str) -> str:
        """Say which costs are not this program's: with a changed cost, the right passphrase opens nothing."""
        changed = [
            f"'{unlocker.name}' has {name} {unlocker.details[name]} instead of {usual}"
            for unlocker in unlockers
            for name, usual in self.parameters.items()
            if unlocker.details[name] != usual
        ]
        return f", or the cost in {path} was changed: {', '.join(changed)}" if changed else ""

    def weakness(self, values: Mapping[str, str]) -> str:
        return weakness(values["passphrase"])

    def protection(self, context: Context, unlocker: Unlocker) -> str:
        return "a copy of all your files opens no token unless the passphrase is guessed"

    def derive(self, secret: bytes, unlocker: Unlocker, path: str) -> bytes:
        """Run Argon2id. Raises SealingError if the file specifies a cost out of bounds, or memory runs out."""
        cost = {name: int(str(unlocker.details[name])) for name in _BOUNDS}
        for name, (least, most) in _BOUNDS.items():
            if not least <= cost[name] <= most:
                raise SealingError(
                    f"{path}: unlocker '{unlocker.name}': {name} is {cost[name]}, but must be {least} to {most}, and "
                    f"this program writes {self.parameters[name]}; no passphrase was tried",
                    hint="restore the file from a backup: this program does not write such values",
                )
        stretched = cipher.stretch(secret.decode(), unlocker.salt, **cost)
        if stretched is None:
            raise SealingError(
                f"not enough memory to try a passphrase: it takes {cost['memory'] >> 10} MiB",
                hint="end other programs, or raise the limit: ulimit -v",
            )
        return stretched

    def describe(self, unlocker: Unlocker) -> str:
        details = unlocker.details
        memory = int(str(details["memory"])) >> 10
        return f"Argon2id, {memory} MiB, {details['passes']} passes, {details['lanes']} lanes"
