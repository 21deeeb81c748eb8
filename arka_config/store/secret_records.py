"""Secrets other than the token: one record for each profile and field, in the kinds of token store that tokens have.

A record is a file in the folder of token files, `work.webhook_secret.json`. It names its profile and its field, and is
refused in the place of any other record.
"""

from __future__ import annotations

from arka_config.errors import InvalidValue
from arka_config.store.tokens import PLAIN, storage_of
from arka_config.text import UNPRINTABLE, is_profile_name, unprintable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.secret import Secret
    from arka_config.store.token_files import TokenFiles

MAX_LENGTH = 1 << 16  # characters of a secret; a private key has a few thousand
_FORBIDDEN = UNPRINTABLE - {"\n", "\r", "\t"}  # a private key has several lines


class SecretRecords:
    """The stored secrets of all profiles, by profile and field (`webhook_secret`, `mail.password`).

    Writers must hold the store's lock.
    """

    def __init__(self, records: TokenFiles) -> None:
        self._records = records

    # Reading

    def names(self) -> list[tuple[str, str]]:
        """Return the profile and the field of every record, sorted. The profile need not exist."""
        return sorted(self._parse_names())

    def _parse_names(self) -> Iterator[tuple[str, str]]:
        for stem in self._records.stems():
            profile, _, field = stem.partition(".")
            if is_profile_name(profile) and is_field_name(field):
                yield profile, field

    def fields(self, profile: str) -> list[str]:
        """Return the fields that the profile has a record for, sorted."""
        prefix = f"{profile}."
        fields = (stem.removeprefix(prefix) for stem in self._records.stems() if stem.startswith(prefix))
        return sorted(filter(is_field_name, fields))

    def path(self, profile: str, field: str) -> str:
        """The record's file, whether it exists or not. The profile's name must have been checked."""
        return self._records.path(record_name(profile, field))

    def read(self, profile: str, field: str) -> Secret | None:
        """Return a secret, or None. One that is sealed or in a keyring is fetched when it is revealed.

        Raises MalformedFile, UnsafeFile, SealedFileMoved.
        """
        document, path = self._records.read_checked(record_name(profile, field)), self.path(profile, field)
        if document is None:
            return None
        return self._records.kind(storage_of(document, path)).read_secret(profile, field, document, path)

    def read_all(self, profile: str) -> dict[str, tuple[Secret, str | None]]:
        """Return the profile's secrets by field, each with the kind for a copy: None for that of a new token."""
        found = {}
        for field in self.fields(profile):
            secret, storage = self.read(profile, field), self.read_storage(profile, field)
            if secret is not None:
                found[field] = secret, None if storage == PLAIN else storage
        return found

    def read_storage(self, profile: str, field: str) -> str | None:
        """Return the kind of token store that a secret is in, or None. Works for most damaged files too."""
        return self._records.read_storage(record_name(profile, field))

    # Writing

    def write(self, profile: str, field: str, secret: Secret, *, storage: str | None = None) -> None:
        """Store a secret in place of the previous one, in kind `storage`, else in that of a new token.

        Raises InvalidValue, FileError, and SealingError if the kind is not available.
        """
        check_secret(secret, field)
        name = record_name(profile, field)
        kind = self._records.kind(storage or self._records.choose_storage(name))
        self._records.put(name, kind.save_secret(profile, field, secret))

    def remove(self, profile: str, field: str) -> bool:
        """Remove a record, readable or not. Return whether there was one."""
        return self._records.remove(record_name(profile, field))

    def remove_all(self, profile: str) -> None:
        """Remove all records of a profile."""
        for field in self.fields(profile):
            self.remove(profile, field)


def record_name(profile: str, field: str) -> str:
    """The name of a record's file, without the suffix."""
    if not is_field_name(field):
        raise InvalidValue("the name of a secret must be that of a setting, such as mail.password")
    return f"{profile}.{field}"


def is_field_name(name: str) -> bool:
    """Whether this can be the dotted name of a setting. A name with a slash would be another folder."""
    return all(part.isidentifier() for part in name.split("."))


def check_secret(secret: Secret, field: str) -> None:
    """Raise InvalidValue, which repeats nothing of the secret, if it cannot be stored."""
    text = secret.reveal()
    if not text:
        raise InvalidValue(f"{field}: the secret is empty")
    if len(text) > MAX_LENGTH:
        raise InvalidValue(f"{field}: the secret is longer than {MAX_LENGTH} characters")
    for at, character in enumerate(text):
        if character in _FORBIDDEN:
            raise unprintable(field, character, at)
