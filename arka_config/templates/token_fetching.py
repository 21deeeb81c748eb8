"""Gathering: the tokens that a plan's profiles are to get, and the reasons why some of them cannot be had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arka_config.errors import ConfigError, FileError, SealedTokenError, TemplateError
from arka_config.references.context import Context
from arka_config.references.registry import KINDS, kind_of, token_of
from arka_config.store.profiles import Profile
from arka_config.templates.identity import identities
from arka_config.templates.sealed import NotForThisMachine, opened
from arka_config.templates.token_planning import origin_of, token_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.app_identity import AppIdentity
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences
    from arka_config.templates.actual import Actual
    from arka_config.templates.desired import Desired, DesiredSet, TokenSource
    from arka_config.templates.identity import IdentityFile
    from arka_config.templates.ledger import Ledger
    from arka_config.templates.plan import ProfilePlan


class Gatherer:
    """Looks after tokens where their sources say. Helpers are run, and files read, only when a token is fetched.

    `others` are the files of identities that the user named beside this machine's own.
    """

    def __init__(
        self,
        app: AppIdentity,
        environ: Mapping[str, str],
        preferences: Preferences,
        machine: IdentityFile,
        others: Sequence[str] = (),
    ) -> None:
        self.app = app
        self.environ = environ
        self.preferences = preferences
        self._machine = machine
        self._others = others
        self._identities: list[Any] | None = None
        self._opened: dict[str, Secret] = {}

    def lacking(self, wanted: DesiredSet, actual: Mapping[str, Actual], ledger: Ledger) -> dict[str, str]:
        """Why the tokens of some profiles cannot be had now, by profile name.

        Raises TemplateError where a sealed token is for another profile or origin than its template.
        """
        reasons: dict[str, str] = {}
        for name, one in wanted.profiles.items():
            if one.token is None:
                continue
            default_url = self.app.default_url()
            if one.token.is_stored:
                step = token_step(one, actual[name], ledger.entries.get(name), default_url)
                if step == "keep":
                    continue
            reasons[name] = self._reason(one, one.token, origin_of(one, default_url))
        return {name: reason for name, reason in reasons.items() if reason}

    def _reason(self, one: Desired, token: TokenSource, origin: str | None) -> str:
        if token.kind in KINDS:
            context = Context(self.app, self.environ, lambda: self.preferences)
            return kind_of(token.kind).missing(token.target, context)
        if token.kind == "prompt":
            return "nobody has given one yet"
        return self._closed(one, token, origin) if token.kind == "sealed" else ""

    def _closed(self, one: Desired, token: TokenSource, origin: str | None) -> str:
        """Why a sealed token cannot be opened here, or an empty string."""
        place = one.template.text.place(("token", "sealed"))
        try:
            if self._identities is None:
                self._identities = identities(self._machine, self._others)
            if not self._identities:
                return f"this machine has no identity to open it: {self.app.name} identity create"
            sealed = opened(token.target, self._identities)
        except NotForThisMachine as error:
            return error.message
        except SealedTokenError as error:
            raise TemplateError([f"{place}: token.sealed: {error.message}"], hint=error.hint) from None
        except FileError:
            raise
        except ConfigError as error:  # the library is not installed
            return f"{error.message}: {error.hint}"
        for what, said, meant in (
            ("app", sealed.app, {self.app.name}),
            ("profile", sealed.profile, one.names),
            ("origin", sealed.origin, {origin}),
        ):
            if said not in meant:
                raise TemplateError(
                    [f"{place}: token.sealed is for {what} '{said}', and not for this template's"],
                    hint="have it sealed for this one: a sealed token goes nowhere else",
                )
        self._opened[one.name] = sealed.token
        return ""

    def fetch(self, one: ProfilePlan) -> Secret:
        """The token that a profile is to get, from a reference or a sealed text.

        Raises TokenUnavailable, InvalidToken: of all tokens before the first write.
        """
        source = one.token.source
        assert source is not None
        if source.kind == "sealed":
            secret = self._opened[one.name]
        else:
            profile = Profile(one.name, one.path, reference=(source.kind, source.target))
            secret = token_of(profile, self.app, self.environ, lambda: self.preferences)
        self.app.check_token(secret, one.origin)
        return secret
