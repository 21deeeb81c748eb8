"""`seal`: encrypt a token for certain machines, for a template that is checked in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from arka_config.cli.input.options import follow_links_option
from arka_config.cli.input.token_input import parse_copied_token, read_stdin
from arka_config.cli.output import terminal
from arka_config.cli.output.format import is_quick
from arka_config.cli.runtime import words
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, NoToken, SealedTokenError, TemplateError, UsageError
from arka_config.precedence.origin import Origin
from arka_config.store import files, toml
from arka_config.store.resolution import expired_token
from arka_config.text import visible

if TYPE_CHECKING:
    from arka_config.cli.output.documents.templates import SealDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret
    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.sealed import SealedToken


@command()
@click.option("--to", "to", metavar="RECIPIENT", multiple=True, help="A recipient (age1…, ssh-…); repeatable.")
@click.option(
    "--to-file", "to_files", metavar="FILE", type=words.FILE, multiple=True, help="A file of recipients; repeatable."
)
@click.option("--with-token", is_flag=True, help="Read the token from stdin instead of the profile.")
@click.option("--template", "path", metavar="FILE", type=words.FILE, help="Write the sealed token to this template.")
@follow_links_option
@click.option("--rekey", is_flag=True, help="Seal the token in --template again, for these recipients.")
@click.option(
    "--identity",
    "identities",
    metavar="PATH",
    type=words.FILE,
    multiple=True,
    help="Another identity for --rekey; repeatable.",
)
def seal(
    session: Session,
    to: tuple[str, ...],
    to_files: tuple[str, ...],
    with_token: bool,
    path: str | None,
    follow_links: bool,
    rekey: bool,
    identities: tuple[str, ...],
) -> None:
    """Encrypt a token for certain machines, for use in a template.

    Seals the effective profile's token, or the one on stdin, together with the profile's name and the token's origin.
    `{app} apply` opens it on the recipients' machines, and only for that profile and origin. `age -d` opens it too.

    \b
    {app} seal -p ci --to age1… --to "$(cat build.pub)" --template profiles/ci.toml
    {app} seal --rekey --template profiles/ci.toml --to-file recipients.txt
    """
    from arka_config.templates import sealed as sealing

    if path is not None and not follow_links:
        files.refuse_link(path)
    recipients = _parse_recipients(to, to_files)
    if rekey and (path is None or with_token):
        raise UsageError("--rekey reseals the token in a template", hint="--rekey --template FILE --to RECIPIENT")
    name, url = (None, None) if path is None else _read_profile(path)
    if rekey:
        assert path is not None
        assert name is not None
        sealed = _unseal(session, path, identities)
        _check_is_for_template(session.store, path, sealed, name, url)
    else:
        sealed = _token_to_seal(session, with_token, name, url)
    _check_not_expired(session, sealed.token)
    text = sealing.seal(sealed, recipients)
    if path is not None:
        _write_to_template(session.store, path, text, follow_links=follow_links)
    if session.json:
        document: SealDocument = {
            "profile": sealed.profile,
            "origin": sealed.origin,
            "recipients": len(recipients),
            "sealed": text,
            "template": path,
        }
        session.show_json(document)
    elif path is None:
        terminal.out(text.rstrip("\n"))
    message = f"Sealed a token for profile '{sealed.profile}' and {sealed.origin}, for {len(recipients)} "
    message += "recipient" if len(recipients) == 1 else "recipients"
    terminal.say(message + (f", into {path}" if path else ""), mark="✓")


def _parse_recipients(to: tuple[str, ...], to_files: tuple[str, ...]) -> list[Any]:
    """Parse the recipients, without duplicates. Raises UsageError if there are none."""
    from arka_config.templates.sealed import parse_recipient

    texts = [(text.strip(), "--to") for text in to]
    for path in to_files:
        content = files.read(os.path.abspath(path))
        if content is None:
            raise UsageError(f"--to-file: {visible(path)} does not exist", hint="pass the path of a file of recipients")
        lines = [(line.strip(), f"{path}, line {at}") for at, line in enumerate(content.splitlines(), 1)]
        texts += [(line, place) for line, place in lines if line and not line.startswith("#")]
    parsed = {text: parse_recipient(text, place) for text, place in texts}
    if not parsed:
        raise UsageError("there is no recipient that could open it", hint="--to RECIPIENT, or --to-file FILE")
    return list(parsed.values())


def _read_profile(path: str) -> tuple[str, str | None]:
    """Read a template's profile name and URL, unexpanded."""
    table = _read_template(path)
    profile = table.get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    if not isinstance(name, str) or not isinstance(profile, dict):
        raise TemplateError([f"{visible(path)}: not a template: profile.name is missing"])
    url = profile.get("api_url")
    return name, url if isinstance(url, str) else None


def _read_template(path: str) -> dict[str, Any]:
    text = files.read(os.path.abspath(path))
    if text is None:
        raise UsageError(
            f"--template: {visible(path)} does not exist", hint="write the template first, without a token"
        )
    try:
        return toml.loads(text)
    except (ValueError, RecursionError) as error:
        reason = str(error)
    raise TemplateError([f"{visible(path)}: not TOML: {reason[:1].lower()}{reason[1:]}"])


def _token_to_seal(session: Session, with_token: bool, name: str | None, url: str | None) -> SealedToken:
    """Return the token to seal, with its profile and origin."""
    from arka_config.templates.sealed import SealedToken

    app = session.app
    if with_token:
        name = name or session.profile
        address = url or session.store.default_url()
        if name is None or address is None:
            raise UsageError("a sealed token is for one profile", hint="--profile NAME, or --template FILE")
        token, origin = parse_copied_token(read_stdin(session), "stdin"), Origin.of(address)
    else:
        effective = session.fetch_token(strict_expiry=True)
        token, origin = effective.secret, effective.origin
        if url is not None and Origin.of(url) != origin:
            raise ConfigError(f"the token is for {origin}, and the template's profile for {url}")
        name = name or session.resolution.name
    if token is None:
        raise NoToken("stdin: no token was given", hint="pass the token and nothing else")
    if name is None:
        raise UsageError("a sealed token is for one profile", hint="--profile NAME, or --template FILE")
    app.check_token(token, str(origin))
    return SealedToken(app.name, name, str(origin), token)


def _check_not_expired(session: Session, token: Secret) -> None:
    """Raise ExpiredToken if a profile stores this token and it is known to have expired.

    A stored token that cannot be read, or only after a prompt, is not compared.
    """
    for name in sorted(session.store.tokens.names()):
        try:
            stored = session.store.tokens.read(name)
            is_same = stored is not None and is_quick(session, stored) and stored.token == token
        except ConfigError:
            continue
        if is_same and stored is not None and stored.is_expired:
            raise expired_token(session.store, name, stored)


def _unseal(session: Session, path: str, others: tuple[str, ...]) -> SealedToken:
    """Open a template's sealed token with this machine's identity or another one."""
    from arka_config.templates.sealed import IdentityFile, load_identities, unseal

    token = _read_template(path).get("token")
    text = token.get("sealed") if isinstance(token, dict) else None
    if not isinstance(text, str):
        raise UsageError(
            f"{visible(path)} has no sealed token", hint=f"{session.app.name} seal --template {path} --to …"
        )
    identities = load_identities(IdentityFile(session.store.folders.data), others)
    if not identities:
        raise SealedTokenError("this machine has no identity to open it", hint="--identity PATH")
    try:
        return unseal(text, identities)
    except SealedTokenError as error:
        raise SealedTokenError(f"{visible(path)}: token.sealed: {error.message}", hint=error.hint) from None


def _check_is_for_template(store: ProfileStore, path: str, sealed: SealedToken, name: str, url: str | None) -> None:
    """Raise TemplateError if the sealed token is for another app, profile or origin than the template's.

    A change of the repository could have put it there, to have it sealed for other recipients.
    """
    from arka_config.templates.desired import Facts, expand
    from arka_config.templates.sealed import SEAL_AGAIN

    address = url or store.default_url()
    origin = None if address is None else str(Origin.of(address, f"{visible(path)}: profile.api_url"))
    names = {name, expand(name, Facts.of_this_machine(), as_name=True)}
    if mismatch := sealed.mismatch(store.app.name, names, origin):
        raise TemplateError([f"{visible(path)}: {mismatch}"], hint=SEAL_AGAIN)


def _write_to_template(store: ProfileStore, path: str, text: str, *, follow_links: bool) -> None:
    """Write a sealed text to a template in place of its token source. Everything else stays, including the mode."""
    import tomlkit

    from arka_config.templates.model import SOURCES

    full = os.path.realpath(path) if follow_links else os.path.abspath(path)
    before = files.read(full) or ""
    others: dict[tuple[str, ...], None] = {("token", key): None for key in (*SOURCES, "copy") if key != "sealed"}
    value = tomlkit.string(text, multiline=True)
    after = toml.edit(before, {**others, ("token", "sealed"): value}, path)
    # It is checked in and not secret: keep it readable.
    store.write_outside(full, after, follow_links=follow_links, keep_mode=True)
