"""Resolution: the effective profile, token and values of one run. The fast path, commands and settings all use it."""

from __future__ import annotations

import os

from arka_config import debug
from arka_config.errors import ConfigError, ExpiredToken, MalformedFile, NoToken, OriginConflict
from arka_config.precedence.credential import effective_token, notice
from arka_config.precedence.layers import environment, flags, value_ranks
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import choice_layers
from arka_config.precedence.values import (
    ACTIVE,
    DEFAULT,
    FLAG,
    PIN,
    PROFILE,
    ResolvedValue,
    flatten,
    resolve,
    trace,
    under_any_name,
)
from arka_config.secret import Secret
from arka_config.store.effective_profile import EffectiveProfile
from arka_config.text import check_profile_name, edit_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from arka_config.precedence.credential import EffectiveToken
    from arka_config.precedence.values import Field, Layer, Ranks
    from arka_config.store.profile_store import ProfileStore
    from arka_config.store.profiles import Profile
    from arka_config.store.tokens import Credential

_STORED_ORIGIN = "origin"  # the key in a credential file


class Resolution:
    """The effective profile, token and values. Layers are read on first use, files once.

    `flags` are values by field name, `profile` the one selected by flag. `defaults` is the lowest layer, by default the
    app's own URL. `secrets` are the names of the secret settings that are read with the profile. With `may_be_new`, the
    effective profile need not exist: a login creates it.
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
        secrets: Collection[str] = (),
        may_be_new: bool = False,
    ) -> None:
        self.app = store.app
        self.store = store
        self.environ = environ
        self._flag = profile
        self._flags = dict(flags or {})
        self._directory = directory or _working_directory
        self._defaults = defaults or self._app_defaults
        self._secrets = secrets
        self.may_be_new = may_be_new
        self._effective: EffectiveProfile | None = None
        self._warned: set[str] = set()
        self._custom: tuple[tuple[str, Layer], ...] | None = None

    # The profile

    def choice(self) -> ResolvedValue | None:
        """Return the effective profile's name and where it was selected, or None. Raises InvalidName."""
        choice = resolve(self.app.profile_field, self.choice_layers())
        if choice is not None:
            check_profile_name(str(choice.value), choice.source)
        return choice

    def trace_choice(self) -> list[ResolvedValue]:
        """Return the profile that each layer selects, highest precedence first."""
        return list(trace(self.app.profile_field, self.choice_layers()))

    def choice_layers(self) -> tuple[Layer, ...]:
        """Return the layers that select the profile, highest precedence first."""
        selection = self.store.selection
        return choice_layers(
            flag=self._flag,
            environ=self.environ,
            directory=self._directory,
            pins=lambda: (selection.read_pins(), selection.pins_path),
            active=lambda: (selection.read_active()[0], selection.active_path),
            exists=self.store.exists,
        )

    @property
    def profile(self) -> EffectiveProfile:
        """The effective profile, with its file and credential as read together.

        Raises UnknownProfile if it does not exist: another one is never used in its place.
        """
        if self._effective is None:
            self._effective = self._read_profile()
        return self._effective

    def _read_profile(self) -> EffectiveProfile:
        """Read the profile, again if a part is missing: a rename may be in progress.

        A rename writes the new profile, changes the selection, and then removes the old one. A part is missing only if
        it is missing twice for the same profile, since it may be renamed away and back in between.
        """
        before: EffectiveProfile | None = None
        while (choice := self.choice()) is not None:
            name = str(choice.value)
            secrets = {field: self._read_secret(name, field) for field in self._secrets}
            read = EffectiveProfile(choice, self.store.profiles.read(name), self.store.tokens.read(name), secrets)
            if read.is_whole or choice.layer not in (PIN, ACTIVE) or read.is_like(before):
                if not (self.may_be_new or read.exists):
                    self.store.check_exists(name, "" if choice.layer == FLAG else choice.place)
                debug.log(f"profile '{name}' is the effective one, from {choice.place}")
                return read
            before = read
        debug.log("there is no effective profile")
        return EffectiveProfile(None, None, None)

    def _read_secret(self, name: str, field: str) -> Secret | ConfigError | None:
        """Return a stored secret, or the error that reading it raises: the rest of the profile is used without it."""
        try:
            return self.store.secrets.read(name, field)
        except ConfigError as error:
            return error

    @property
    def name(self) -> str | None:
        """The effective profile's name. Raises UnknownProfile."""
        return self.profile.name

    @property
    def is_chosen_by_flag(self) -> bool:
        """Whether the profile was selected by flag, so that its values override the environment."""
        choice = self.profile.choice
        return choice is not None and choice.layer == FLAG

    # Values

    @property
    def ranks(self) -> Ranks:
        """The layers, highest precedence first. Raises UnknownProfile."""
        return self._ranks(self._profile_layer if self.name is not None else None, self._custom_layers())

    def unchecked_layers(self) -> list[Layer]:
        """Return the layers for a diagnosis: without the profile and the app's own layers if the profile cannot be
        read, and with a stored token even if the profile's URL has another origin."""
        try:
            ranks = self._ranks(self._unchecked_profile_layer if self.name is not None else None, self._custom_layers())
        except ConfigError:
            ranks = self._ranks(None)
        return list(flatten(ranks))

    def _ranks(self, profile: Layer | None, custom: tuple[tuple[str, Layer], ...] = ()) -> Ranks:
        return value_ranks(
            self._with_token_check(flags(self._flags)),
            self._with_token_check(environment(self.environ)),
            profile,
            (self._preferences_layer, self._defaults),
            by_flag=profile is not None and self.is_chosen_by_flag,
            custom=custom,
        )

    def _custom_layers(self) -> tuple[tuple[str, Layer], ...]:
        """Return the app's own layers, bound to the effective profile."""
        if self._custom is None:
            self._custom = tuple(
                (layer.below, self._with_token_check(layer.bind(self.name))) for layer in self.app.layers
            )
        return self._custom

    def _with_token_check(self, layer: Layer) -> Layer:
        """Return the layer with a check of its token's format, made before the token is printed, sent or shown.

        Anything can be in a variable: the URL of a database, or the `***` that a CI log shows.
        """

        def check(field: Field) -> ResolvedValue | None:
            found = layer(field)
            if found is None or field is not self.app.token_field or not isinstance(found.value, Secret):
                return found
            token = self.app.check_when_revealed(found.value, found.place)
            return ResolvedValue(field, token, found.layer, found.source, found.key)

        return check

    def trace(self, field: Field) -> list[ResolvedValue]:
        """Return the effective value of a field, followed by the values that it overrides."""
        winner = self.resolve(field)
        others = trace(field, flatten(self.ranks))
        return [] if winner is None else [winner, *(other for other in others if other.place != winner.place)]

    def resolve(self, field: Field) -> ResolvedValue | None:
        """Return the effective value of a field, or None if no layer has one.

        A token and its URL are effective together: the URL is the one that the effective token may be sent to,
        whichever layer has another. Raises OriginConflict.
        """
        if field in (self.app.token_field, self.app.url_field):
            pair = self.effective_token()
            if pair is not None:
                return pair.token if field == self.app.token_field else pair.url
        found = resolve(field, flatten(self.ranks))
        if found is not None and found.old is not None and found.place not in self._warned:
            self._warned.add(found.place)
            from arka_config.store.old_names import warn_of_old_name

            warn_of_old_name(self.app, found, found.old, self.name)
        return found

    def fields(self, *names: str) -> list[Field]:
        """Return the fields of settings that this package reads itself, with the old names that the class declares.

        The class is imported only if something else is set, which may be an old name: importing it takes long.
        """
        fields = [self.app.field((name,)) for name in names]
        if self.app.settings is None:
            return fields
        variables = {each for each in self.environ if each.startswith(self.app.prefix)}
        profile = self.profile.profile
        keys = set() if profile is None else set(profile.settings)
        others = variables.difference(self.app.own_variables, (each.variable for each in fields))
        if not others and keys.issubset(names):
            return fields
        leaves = self.app.settings_class().leaves()
        return [leaves[each.name].field if each.name in leaves else each for each in fields]

    def effective_token(self) -> EffectiveToken | None:
        """Return the token and its URL, or None if no layer has a token. Raises OriginConflict."""
        found = effective_token(self.app.token_field, self.app.url_field, self.ranks)
        return None if found is None else found.with_path(self._add_path)

    def _add_path(self, url: ResolvedValue) -> ResolvedValue:
        """Return the default URL for a stored token of the same origin: a credential file has no path.

        Finding the default may import the settings class, so this is done only if the URL is used.
        """
        if url.layer != PROFILE or url.key != _STORED_ORIGIN:
            return url
        origin = Origin.of(str(url.value))
        for layer in (self._preferences_layer, self._defaults):
            try:
                default = layer(self.app.url_field)
                if default is not None and Origin.of(str(default.value)) == origin:
                    return ResolvedValue(url.field, str(default.value), PROFILE, url.source, url.key)
            except ConfigError:  # an error in config.toml is reported by the commands that need it
                continue
        return url

    def token(self) -> EffectiveToken:
        """Return the token and its URL. Raises NoToken, with how to get one, and OriginConflict."""
        found = self.effective_token()
        if found is not None:
            debug.log(f"the token is from {found.token.place}; it is for {found.origin}, from {found.url.place}")
            return found
        name = self.name
        program, variable = self.app.name, self.app.token_field.variable
        raise NoToken(
            f"profile '{name}' has no token"
            if name
            else f"there is no token: no profile is selected, and {variable} is not set",
            hint=f"{program} login --profile {name}" if name else f"{program} login",
        )

    def expired_token(self, token: ResolvedValue) -> ExpiredToken | None:
        """Return the error for an effective token that is stored and known to have expired; None for any other."""
        stored = self.profile.stored
        if stored is None or token.layer != PROFILE or not stored.is_expired:
            return None
        return expired_token(self.store, str(self.name), stored)

    def notice(self, token: ResolvedValue) -> str:
        """Return the line that says which token is used if there are both one in the environment and a profile's."""
        return notice(
            token,
            environment(self.environ)(self.app.token_field),
            profile=self.name,
            profile_has_token=self.profile.has_token,
            by_flag=self.is_chosen_by_flag,
        )

    # Layers that read files

    def _profile_layer(self, field: Field) -> ResolvedValue | None:
        if field == self.app.token_field:
            self._check_stored_origin()
        return self._unchecked_profile_layer(field)

    def _unchecked_profile_layer(self, field: Field) -> ResolvedValue | None:
        read = self.profile
        assert read.profile is not None
        if field == self.app.token_field:
            return self._token_of(read.profile, read.credential, field)
        if field == self.app.url_field:
            if read.profile.api_url:
                return ResolvedValue(field, read.profile.api_url, PROFILE, read.profile.path, field.key)
            if read.credential is not None and read.profile.reference is None:
                path = self.store.tokens.path(read.profile.name)
                return ResolvedValue(field, str(read.credential.origin), PROFILE, path, _STORED_ORIGIN)
            return None
        profile = read.profile
        return under_any_name(
            field, lambda name: (self._read_stored_secret(name) if name.secret else None) or _setting_in(profile, name)
        )

    def _read_stored_secret(self, field: Field) -> ResolvedValue | None:
        """Return a secret of the profile from the token store. Raises what reading its record has raised."""
        read = self.profile
        assert read.profile is not None
        name = read.profile.name
        secret = read.secrets[field.name] if field.name in read.secrets else self._read_secret(name, field.name)
        if isinstance(secret, ConfigError):
            raise secret
        path = self.store.secrets.path(name, field.name)
        return None if secret is None else ResolvedValue(field, secret, PROFILE, path)

    def _token_of(self, profile: Profile, credential: Credential | None, field: Field) -> ResolvedValue | None:
        if profile.reference is not None:
            secret = self.store.references.token_of(profile, self.app, self.environ, lambda: self.store.preferences)
            return ResolvedValue(field, secret, PROFILE, profile.path, f"token.{profile.reference[0]}")
        if credential is None:
            return None
        return ResolvedValue(field, credential.token, PROFILE, self.store.tokens.path(profile.name))

    def _check_stored_origin(self) -> None:
        """Raise OriginConflict if the profile's URL has another origin than the one that its token was stored for."""
        profile, credential = self.profile.profile, self.profile.stored
        if profile is None or credential is None or not profile.api_url:
            return
        address = f"{profile.path}: api_url"
        if Origin.of(profile.api_url, address) != credential.origin:
            raise OriginConflict(
                f"the token in {self.store.tokens.path(profile.name)} is for {credential.origin}, but {address} says "
                f"{profile.api_url}: a token is never sent to another origin",
                hint=f"{self.app.name} login --profile {profile.name} --force",
            )

    def _preferences_layer(self, field: Field) -> ResolvedValue | None:
        """The user's own defaults, in config.toml."""
        if field != self.app.url_field and field.path != ("ca_bundle",):
            return None
        value = getattr(self.store.preferences, field.name)
        return ResolvedValue(field, value, DEFAULT, self.store.preferences.path, field.name) if value else None

    def _app_defaults(self, field: Field) -> ResolvedValue | None:
        url = self.app.default_url() if field == self.app.url_field else None
        return None if url is None else ResolvedValue(field, url, DEFAULT)


def expired_token(store: ProfileStore, name: str, stored: Credential) -> ExpiredToken:
    """Return the error for a profile's stored token that is known to have expired."""
    message = f"the token of profile '{name}' expired at {stored.expires}"
    hint = store.sign_in_command(name, str(stored.origin)) or f"{store.app.name} login -p {name}"
    return ExpiredToken(message, hint=hint)


def _setting_in(profile: Profile, field: Field) -> ResolvedValue | None:
    value: object = profile.settings
    for depth, part in enumerate(field.path):
        if not isinstance(value, dict):
            key = ".".join(("settings", *field.path[:depth]))
            raise MalformedFile(
                f"{profile.path}: {key} must be a table", path=profile.path, hint=edit_command(profile.path)
            )
        if part not in value:
            return None
        value = value[part]
    if field.secret and value is not None:
        value = _secret_of(value)
    return ResolvedValue(field, value, PROFILE, profile.path, field.key)


def _secret_of(value: object) -> Secret:
    """Return a value of a profile's file as a secret: a text, or the JSON of a list or table that contains secrets."""
    if isinstance(value, str):
        return Secret(value)
    import json

    return Secret(json.dumps(value, default=str))


def _working_directory() -> str:
    """Return the real path of the working directory, or the root if it was removed."""
    try:
        return os.path.realpath(os.getcwd())
    except OSError:
        return os.path.abspath(os.sep)
