"""Resolution: what is in force for one run, and why. The same for the fast path, the commands and the settings."""

from __future__ import annotations

import os

from arka_config import debug
from arka_config.errors import MalformedFile, NoToken, OriginConflict
from arka_config.precedence.credential import notice, token_in_force
from arka_config.precedence.layers import environment, flags, value_ranks
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import choice_layers
from arka_config.precedence.values import ACTIVE, DEFAULT, FLAG, PIN, PROFILE, ResolvedValue, in_order, resolve, trace
from arka_config.secret import Secret
from arka_config.text import check_profile_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.precedence.credential import TokenInForce
    from arka_config.precedence.values import Field, Layer, Ranks
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential


class Resolution:
    """Which profile, which token, which value: asked of the layers when it is asked for, and read once.

    `flags` are values by field name, `profile` the one that was chosen by flag. `defaults` is the layer of last
    resort; without one, the app's own URL is all that is built in. With `may_be_new` the profile in force need not
    exist yet: a login makes it.
    """

    def __init__(
        self,
        store: ProfileStore,
        environ: Mapping[str, str],
        *,
        profile: str | None = None,
        flags: Mapping[str, object] | None = None,
        directory: Callable[[], str] | None = None,
        defaults: Layer | None = None,
        may_be_new: bool = False,
    ) -> None:
        self.app = store.app
        self.store = store
        self.environ = environ
        self._flag = profile
        self._flags = dict(flags or {})
        self._directory = directory or _working_directory
        self._defaults = defaults or self._built_in
        self.may_be_new = may_be_new
        self._read: ProfileInForce | None = None
        self._own: tuple[tuple[str, Layer], ...] | None = None

    # Which profile

    def choice(self) -> ResolvedValue | None:
        """The profile in force, there or not, and who chose it; None where nobody did. Raises InvalidName."""
        finding = resolve(self.app.profile_field, self._choice_layers())
        if finding is not None:
            check_profile_name(str(finding.value), finding.source)
        return finding

    def choice_findings(self) -> list[ResolvedValue]:
        """Everybody who says which profile it is, the winner first."""
        return list(trace(self.app.profile_field, self._choice_layers()))

    def _choice_layers(self) -> tuple[Layer, ...]:
        selection = self.store.selection
        return choice_layers(
            flag=self._flag,
            environ=self.environ,
            directory=self._directory,
            pins=lambda: (selection.pins(), selection.pins_path),
            active=lambda: (selection.active()[0], selection.active_path),
            exists=self.store.exists,
        )

    @property
    def profile(self) -> ProfileInForce:
        """The profile in force, with its file and its credential as they stood together.

        Raises UnknownProfile where it does not exist: another one is never used in its place.
        """
        if self._read is None:
            self._read = self._read_profile()
        return self._read

    def _read_profile(self) -> ProfileInForce:
        """A rename writes the new profile, moves the choice, and then removes the old one. So where something is
        missing, the choice is asked again and its profile read again: what is missing twice was not there. Once is
        not enough, since another process may have renamed it away and back in between.
        """
        before: ProfileInForce | None = None
        while (choice := self.choice()) is not None:
            name = str(choice.value)
            read = ProfileInForce(choice, self.store.profiles.read(name), self.store.tokens.read(name))
            if read.is_whole or choice.layer not in (PIN, ACTIVE) or read.is_like(before):
                if not (self.may_be_new or read.exists):
                    self.store.check_exists(name, "" if choice.layer == FLAG else choice.place)
                debug.log(f"profile '{name}' is in force, from {choice.place}")
                return read
            before = read
        debug.log("no profile is in force")
        return ProfileInForce(None, None, None)

    @property
    def name(self) -> str | None:
        """The name of the profile in force. Raises UnknownProfile."""
        return self.profile.name

    @property
    def chosen_by_flag(self) -> bool:
        """Whether the profile was chosen by flag, so that its values beat the environment."""
        choice = self.profile.choice
        return choice is not None and choice.layer == FLAG

    # Which value

    @property
    def ranks(self) -> Ranks:
        """The layers, the winner first."""
        return value_ranks(
            flags(self._flags),
            environment(self.environ),
            self._profile_layer if self.name is not None else None,
            self._defaults,
            by_flag=self.chosen_by_flag,
            own=self._own_layers(),
        )

    def _own_layers(self) -> tuple[tuple[str, Layer], ...]:
        """The layers that the app adds, for the profile in force; one answers for each field once."""
        if self._own is None:
            self._own = tuple((layer.below, layer.answers(self.name)) for layer in self.app.layers)
        return self._own

    def findings(self, field: Field) -> list[ResolvedValue]:
        """Every layer's answer for a field, the winner first, and then those that it overrides."""
        winner = self.resolve(field)
        others = trace(field, in_order(self.ranks))
        return [] if winner is None else [winner, *(other for other in others if other.place != winner.place)]

    def resolve(self, field: Field) -> ResolvedValue | None:
        """The winner's answer for a field, or None where no layer has one.

        A token and its URL win together: the URL is the one that the token in force may go to, whoever else has an
        answer. Raises OriginConflict.
        """
        if field is self.app.token_field or field is self.app.url_field:
            pair = self.token_in_force()
            if pair is not None:
                return pair.token if field is self.app.token_field else pair.url
        return resolve(field, in_order(self.ranks))

    def token_in_force(self) -> TokenInForce | None:
        """The token and its URL, or None where no layer has a token. Raises OriginConflict."""
        return token_in_force(self.app.token_field, self.app.url_field, self.ranks)

    def token(self) -> TokenInForce:
        """The token and its URL. Raises NoToken, saying how to get one, and OriginConflict."""
        found = self.token_in_force()
        if found is not None:
            debug.log(f"the token is from {found.token.place}, and for {found.origin}, from {found.url.place}")
            return found
        name = self.name
        program, variable = self.app.name, self.app.token_field.variable
        raise NoToken(
            f"profile '{name}' has no token"
            if name
            else f"there is no token: no profile is in force, and no {variable} in the environment",
            hint=f"{program} login --profile {name}" if name else f"{program} login",
        )

    def notice(self, token: ResolvedValue) -> str:
        """The line that says which token is used where one in the environment hides or loses to a profile's."""
        return notice(
            token,
            environment(self.environ)(self.app.token_field),
            profile=self.name,
            profile_has_token=self.profile.has_token,
            by_flag=self.chosen_by_flag,
        )

    # The layers that read files

    def _profile_layer(self, field: Field) -> ResolvedValue | None:
        read = self.profile
        assert read.profile is not None
        if field is self.app.token_field:
            return self._token_of(read.profile, read.credential, field)
        if field is self.app.url_field:
            if read.profile.api_url:
                return ResolvedValue(field, read.profile.api_url, PROFILE, read.profile.path, field.key)
            if read.credential is not None and read.profile.reference is None:
                path = self.store.tokens.path(read.profile.name)
                return ResolvedValue(field, str(read.credential.origin), PROFILE, path, "origin")
            return None
        return _setting_of(read.profile, field)

    def _token_of(self, profile: Profile, credential: Credential | None, field: Field) -> ResolvedValue | None:
        if profile.reference is not None:
            secret = self.store.references.token_of(profile, self.app, self.environ, lambda: self.store.preferences)
            return ResolvedValue(field, secret, PROFILE, profile.path, f"token.{profile.reference[0]}")
        if credential is None:
            return None
        path = self.store.tokens.path(profile.name)
        address = f"{profile.path}: api_url"
        if profile.api_url and Origin.of(profile.api_url, address) != credential.origin:
            raise OriginConflict(
                f"the token in {path} is for {credential.origin}, but {address} says {profile.api_url}: "
                "a token never goes to another origin",
                hint=f"{self.app.name} login --profile {profile.name} --force",
            )
        return ResolvedValue(field, credential.token, PROFILE, path)

    def _built_in(self, field: Field) -> ResolvedValue | None:
        url = self.app.default_url() if field is self.app.url_field else None
        return None if url is None else ResolvedValue(field, url, DEFAULT)


class ProfileInForce:
    """A profile's choice, file and credential, as they were read together; all None where no profile is in force."""

    __slots__ = ("choice", "credential", "profile")

    def __init__(self, choice: ResolvedValue | None, profile: Profile | None, credential: Credential | None) -> None:
        self.choice = choice
        self.profile = profile
        self.credential = credential

    @property
    def name(self) -> str | None:
        return None if self.profile is None else self.profile.name

    @property
    def stored(self) -> Credential | None:
        """The credential that the profile's token comes from: none where a reference goes before it."""
        return None if self.profile is not None and self.profile.reference is not None else self.credential

    @property
    def has_token(self) -> bool:
        return self.credential is not None or (self.profile is not None and self.profile.reference is not None)

    @property
    def exists(self) -> bool:
        return self.credential is not None or (self.profile is not None and self.profile.is_on_disk)

    @property
    def is_whole(self) -> bool:
        return self.credential is not None and self.profile is not None and self.profile.is_on_disk

    def is_like(self, other: ProfileInForce | None) -> bool:
        """Whether the same profile was found, with the same parts missing."""
        if other is None or self.profile is None or other.profile is None or self.name != other.name:
            return False
        return (self.profile.is_on_disk, self.credential is None) == (
            other.profile.is_on_disk,
            other.credential is None,
        )


def _setting_of(profile: Profile, field: Field) -> ResolvedValue | None:
    value: object = profile.settings
    for depth, part in enumerate(field.path):
        if not isinstance(value, dict):
            key = ".".join(("settings", *field.path[:depth]))
            raise MalformedFile(
                f"{profile.path}: {key} must be a table", path=profile.path, hint=f"edit {profile.path}"
            )
        if part not in value:
            return None
        value = value[part]
    if field.secret and isinstance(value, str):
        value = Secret(value)
    return ResolvedValue(field, value, PROFILE, profile.path, field.key)


def _working_directory() -> str:
    """The real path of the working directory, or the root where it is gone: nothing is pinned below that."""
    try:
        return os.path.realpath(os.getcwd())
    except OSError:
        return os.path.abspath(os.sep)
