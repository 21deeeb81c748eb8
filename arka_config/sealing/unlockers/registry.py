"""The kinds of unlocker. A new kind is one file that implements `protocol.UnlockerKind`, and one line in `KINDS`."""

from __future__ import annotations

from arka_config.errors import NewerFormat, SealedFileDamaged
from arka_config.sealing.data_key import damage_error
from arka_config.text import shorten

TYPE_CHECKING = False
if TYPE_CHECKING:
    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import UnlockerKind

# By import string: a kind is imported when it is first used. `vault enable` uses the first kind by default.
KINDS = {
    "key-file": "arka_config.sealing.unlockers.key_file:KeyFile",
    "passphrase": "arka_config.sealing.unlockers.passphrase:Passphrase",
    "keyring": "arka_config.sealing.unlockers.keyring:Keyring",
}
MOST_UNLOCKERS = 16  # each may cost a second and 256 MiB to try
_loaded: dict[str, UnlockerKind] = {}


class NewUnlocker:
    """A request for a new unlocker: its kind, and the values of the kind's options and prompts by name."""

    def __init__(self, kind: str, **values: str) -> None:
        self.kind = kind
        self.values = values

    def __repr__(self) -> str:
        return f"NewUnlocker({self.kind!r})"  # the values may be secret


def load(name: str) -> UnlockerKind:
    """Return the kind of this name, imported now."""
    if name not in _loaded:
        from importlib import import_module

        module, _, attribute = KINDS[name].partition(":")
        _loaded[name] = getattr(import_module(module), attribute)()
    return _loaded[name]


def kind_of(unlocker: Unlocker, path: str) -> UnlockerKind:
    """Return an unlocker's kind. Raises SealedFileDamaged if its details in the file at `path` are not of this kind."""
    kind = load(unlocker.kind)
    if {name: type(value) for name, value in unlocker.details.items()} != dict(kind.details):
        raise damage_error(path)
    return kind


def check_kinds(file: DataKeyFile, path: str) -> None:
    """Check that every unlocker is of a known kind, and that there are not too many. Raises SealingError."""
    if len(file.unlockers) > MOST_UNLOCKERS:
        raise SealedFileDamaged(
            f"{path}: it has {len(file.unlockers)} unlockers, but may have {MOST_UNLOCKERS}; none was tried",
            path=path,
            hint="restore it from a backup: this program does not write such a file",
        )
    for unlocker in file.unlockers:
        if unlocker.kind not in KINDS:
            raise NewerFormat(
                f"{path}: unlocker '{shorten(unlocker.name)}' is of kind '{shorten(unlocker.kind)}', which this "
                "program does not know",
                path=path,
                hint="update this program",
            )
