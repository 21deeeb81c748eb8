"""Token fetching: which of a plan's tokens are not available now, and why; then the tokens themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arka_config.errors import ConfigError, FileError, SealedTokenError, TemplateError
from arka_config.references.protocol import Context
from arka_config.references.registry import KINDS, kind_of, token_of
from arka_config.store.profiles import Profile
from arka_config.templates.plan import TokenStep
from arka_config.templates.planning import token_step
from arka_config.templates.sealed import SEAL_AGAIN, NotForThisMachine, load_identities, unseal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.app_identity import AppIdentity
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences
    from arka_config.templates.desired import Desired, DesiredSet, TokenSource
    from arka_config.templates.ledger import Ledger
    from arka_config.templates.plan import Actual, ProfilePlan
    from arka_config.templates.sealed import IdentityFile


@dataclass(slots=True)
class TokenFetcher:
    """Fetch tokens from their sources. Helpers run, and files are read, only when a token is fetched.

    `others` are the identity files that the user named, in addition to this machine's own.
    """

    app: AppIdentity
    environ: Mapping[str, str] = field(repr=False)
    preferences: Preferences
    machine: IdentityFile
    others: Sequence[str]
    _identities: list[Any] | None = field(default=None, init=False, repr=False)
    _unsealed: dict[str, Secret] = field(default_factory=dict, init=False)

    def find_unavailable(self, wanted: DesiredSet, actual: Mapping[str, Actual], ledger: Ledger) -> dict[str, str]:
        """Return by profile name why a token is not available now.

        Raises TemplateError if a sealed token is for another profile or origin than its template.
        """
        default_url = self.preferences.api_url or self.app.default_url()
        messages: dict[str, str] = {}
        for name, desired in wanted.profiles.items():
            token, entry = desired.token, ledger.entries.get(name)
            if token is None:
                continue
            if token.is_stored and token_step(desired, actual[name], entry, default_url) == TokenStep.KEEP:
                continue
            messages[name] = self._check(desired, token, desired.origin(default_url))
        return {name: message for name, message in messages.items() if message}

    def _check(self, desired: Desired, token: TokenSource, origin: str | None) -> str:
        """Return why a token is not available now, or an empty string."""
        if token.kind in KINDS:
            context = Context(self.app, self.environ, lambda: self.preferences)
            return kind_of(token.kind).why_missing(token.target, context)
        if token.kind == "prompt":
            return "not entered yet"
        return self._unseal(desired, token, origin) if token.kind == "sealed" else ""

    def _unseal(self, desired: Desired, token: TokenSource, origin: str | None) -> str:
        """Open a sealed token and remember it. Return why it cannot be opened here, or an empty string."""
        place = desired.template.text.place(("token", "sealed"))
        try:
            if self._identities is None:
                self._identities = load_identities(self.machine, self.others)
            if not self._identities:
                return f"this machine has no identity to open it: {self.app.name} identity create"
            sealed = unseal(token.target, self._identities)
        except NotForThisMachine as error:
            return error.message
        except SealedTokenError as error:
            raise TemplateError([f"{place}: token.sealed: {error.message}"], hint=error.hint) from None
        except FileError:
            raise
        except ConfigError as error:  # the age library is not installed
            return f"{error.message}: {error.hint}"
        names = {desired.name, desired.template.model.profile.name}
        if mismatch := sealed.mismatch(self.app.name, names, origin):
            raise TemplateError([f"{place}: {mismatch}"], hint=SEAL_AGAIN)
        self._unsealed[desired.name] = sealed.token
        return ""

    def fetch(self, profile: ProfilePlan) -> Secret:
        """Fetch the token that a profile is to get, from a reference or a sealed text.

        Raises TokenUnavailable, InvalidToken. All tokens are fetched before the first write.
        """
        source = profile.token.source
        assert source is not None
        if source.kind == "sealed":
            secret = self._unsealed[profile.name]
        else:
            reference = Profile(profile.name, profile.path, reference=(source.kind, source.target))
            secret = token_of(reference, self.app, self.environ, lambda: self.preferences)
        self.app.check_token(secret, profile.origin)
        return secret
