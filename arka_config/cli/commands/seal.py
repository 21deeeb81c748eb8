"""`seal`: a token encrypted for certain machines, to stand in a template that is checked in."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, NoToken, SealedTokenError, TemplateError, UsageError
from arka_config.precedence.layers import token_from
from arka_config.precedence.origin import Origin
from arka_config.store import external_files, files, toml
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session
    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.sealed import SealedToken

_LONGEST_INPUT = 1 << 16  # characters; a token has a few dozen


@command()
@click.option("--to", "to", metavar="RECIPIENT", multiple=True, help="For whom: age1…, or an ssh public key.")
@click.option("--to-file", "to_files", metavar="FILE", multiple=True, help="Recipients from a file, one on a line.")
@click.option("--with-token", is_flag=True, help="Read the token from stdin, and not from the profile.")
@click.option("--template", "path", metavar="FILE", help="Put it into this template, as its token.sealed.")
@click.option("--rekey", is_flag=True, help="Seal what stands in --template anew, for these recipients.")
@click.option("--identity", "identities", metavar="PATH", multiple=True, help="Another identity to open it with.")
def seal(
    session: Session,
    to: Sequence[str],
    to_files: Sequence[str],
    with_token: bool,
    path: str | None,
    rekey: bool,
    identities: Sequence[str],
) -> None:
    """Seal a token for certain machines, to stand in a template.

    The token is that of the profile in force, `--profile` or stdin. It is sealed together with the profile's name and
    the origin that it is for: `{app} apply` opens it on a machine whose identity is among the recipients, for no other
    profile and no other origin. `age -d` opens it too.

    \b
    {app} seal -p ci --to age1… --to "$(cat build.pub)" --template profiles/ci.toml
    {app} seal --rekey --template profiles/ci.toml --to-file recipients.txt
    """
    from arka_config.templates import sealed as sealing

    recipients = _recipients(to, to_files)
    if rekey and (path is None or with_token):
        raise UsageError("--rekey seals anew what stands in a template", hint="--rekey --template FILE --to RECIPIENT")
    name, url = (None, None) if path is None else _profile_of(path)
    if rekey:
        assert path is not None
        sealed = _opened(session, path, identities)
    else:
        sealed = _sealed(session, with_token, name, url)
    text = sealing.seal(sealed, recipients)
    if path is not None:
        _put(session.store, path, text)
    if session.json:
        document = {"profile": sealed.profile, "origin": sealed.origin, "recipients": len(recipients)}
        session.show_json({**document, "sealed": text, "template": path})
    elif path is None:
        terminal.out(text.rstrip("\n"))
    said = f"Sealed a token for profile '{sealed.profile}' and {sealed.origin}, for {len(recipients)} "
    said += "recipient" if len(recipients) == 1 else "recipients"
    terminal.say(said + (f", into {path}" if path else ""), mark="✓")


def _recipients(to: Sequence[str], to_files: Sequence[str]) -> list[Any]:
    """The recipients that were named, each once. Raises UsageError where there are none."""
    from arka_config.templates.sealed import recipient

    texts = [(text.strip(), "--to") for text in to]
    for path in to_files:
        content = files.read(os.path.abspath(path))
        if content is None:
            raise UsageError(
                f"--to-file: {visible(path)} does not exist", hint="write the path of a file of recipients"
            )
        lines = [(line.strip(), f"{path}, line {at}") for at, line in enumerate(content.splitlines(), 1)]
        texts += [(line, place) for line, place in lines if line and not line.startswith("#")]
    found = {text: recipient(text, place) for text, place in texts}
    if not found:
        raise UsageError("nobody is named who could open it", hint="--to RECIPIENT, or --to-file FILE")
    return list(found.values())


def _profile_of(path: str) -> tuple[str, str | None]:
    """The profile's name and URL in a template's file, as they are written there."""
    table = _table(path)
    profile = table.get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    if not isinstance(name, str) or not isinstance(profile, dict):
        raise TemplateError([f"{visible(path)}: it has no profile.name, so it is no template"])
    url = profile.get("api_url")
    return name, url if isinstance(url, str) else None


def _table(path: str) -> dict[str, Any]:
    import tomllib

    text = files.read(os.path.abspath(path))
    if text is None:
        raise UsageError(
            f"--template: {visible(path)} does not exist", hint="write the template first, without a token"
        )
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        said = str(error)
    raise TemplateError([f"{visible(path)}: not TOML: {said[:1].lower()}{said[1:]}"])


def _sealed(session: Session, with_token: bool, name: str | None, url: str | None) -> SealedToken:
    """The token to seal, with the profile and the origin that it is for."""
    from arka_config.templates.sealed import SealedToken

    app = session.app
    if with_token:
        name = name or session.profile
        address = url or app.default_url()
        if name is None or address is None:
            raise UsageError("a sealed token is for one profile", hint="--profile NAME, or --template FILE")
        text = terminal.ask_secret("Token") if session.can_ask else sys.stdin.read(_LONGEST_INPUT)
        token, origin = token_from(text, "stdin"), Origin.of(address)
    else:
        found = session.token()
        token, origin = found.secret, found.origin
        if url is not None and Origin.of(url) != origin:
            raise ConfigError(f"the token is for {origin}, and the template's profile for {url}")
        name = name or session.resolution.name
    if token is None:
        raise NoToken("stdin: no token was given", hint="pass the token and nothing else")
    if name is None:
        raise UsageError("a sealed token is for one profile", hint="--profile NAME, or --template FILE")
    app.check_token(token, str(origin))
    return SealedToken(app.name, name, str(origin), token)


def _opened(session: Session, path: str, others: Sequence[str]) -> SealedToken:
    """What stands sealed in a template, opened with this machine's identity or another one."""
    from arka_config.templates.identity import IdentityFile, identities
    from arka_config.templates.sealed import opened

    token = _table(path).get("token")
    text = token.get("sealed") if isinstance(token, dict) else None
    if not isinstance(text, str):
        raise UsageError(
            f"{visible(path)} holds no sealed token", hint=f"{session.app.name} seal --template {path} --to …"
        )
    known = identities(IdentityFile(session.store.folders.data), others)
    if not known:
        raise SealedTokenError("this machine has no identity to open it", hint="--identity PATH")
    try:
        return opened(text, known)
    except SealedTokenError as error:
        raise SealedTokenError(f"{visible(path)}: token.sealed: {error.message}", hint=error.hint) from None


def _put(store: ProfileStore, path: str, text: str) -> None:
    """Puts a sealed text into a template, in place of the source that was there; all else stays, its mode too."""
    import tomlkit

    from arka_config.templates.model import SOURCES

    full = os.path.realpath(path)
    before = files.read(full) or ""
    others: dict[tuple[str, ...], None] = {("token", key): None for key in (*SOURCES, "copy") if key != "sealed"}
    value = tomlkit.string(text, multiline=True)
    after = toml.edit(before, {**others, ("token", "sealed"): value}, path)
    mode = stat.S_IMODE(os.stat(full).st_mode)
    external_files.write(store, full, after)
    try:
        os.chmod(full, mode)  # it is checked in, and no secret: who could read it still can
    except OSError as error:
        raise files.failure("open to others", full, error) from None
