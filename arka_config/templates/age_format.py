"""The armor and the header of an age file, read as strictly as https://age-encryption.org/v1 (C2SP age.md) says.

A lenient reader lets two different texts mean the same, and lets this program and the age library see two headers.
"""

from __future__ import annotations

import base64
import re

from arka_config.errors import SealedTokenError

BEGIN, _END = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
LARGEST = 1 << 16  # bytes, armor and all
MOST_STANZAS = 256
_COLUMNS = 64
_FIRST_LINE = b"age-encryption.org/v1\n"

# A stanza: its type and arguments, any number of full lines, and a last line that is shorter, and may be empty.
_STANZA = rb"->(?: [!-~]+)+\n(?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n"
_HEADER = re.compile(rb"((?:%b)+)--- [A-Za-z0-9+/]{43}\n" % _STANZA)
_TYPE = re.compile(rb"^-> ([!-~]+)", re.MULTILINE)


def dearmor(text: str) -> bytes:
    """Decode an armored text: canonical base64 in full lines of 64 columns and one shorter or full last line.

    Only the lines' ends may be LF or CRLF, and there may be whitespace around the whole. Raises SealedTokenError.
    """
    if len(text) > LARGEST:
        raise SealedTokenError(
            f"it is longer than {LARGEST >> 10} KiB, which is no sealed token",
            hint="create one with the `seal` command",
        )
    lines = text.strip(" \t\r\n").replace("\r\n", "\n").split("\n")
    if len(lines) < 2 or lines[0] != BEGIN or lines[-1] != _END:
        raise SealedTokenError("it is not an armored age text", hint="create one with the `seal` command")
    try:
        content = base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError:
        content = b""
    encoded = base64.b64encode(content).decode("ascii")
    if lines[1:-1] != [encoded[at : at + _COLUMNS] for at in range(0, len(encoded), _COLUMNS)]:
        raise SealedTokenError("its armor is damaged", hint="have it sealed again")
    return content


def check_header(content: bytes) -> None:
    """Check the recipient stanzas. Raises SealedTokenError for a passphrase, or if the header is not valid."""
    if not content.startswith(_FIRST_LINE):
        raise SealedTokenError("it is not an age text of version 1", hint="create one with the `seal` command")
    header = _HEADER.match(content, len(_FIRST_LINE))
    if header is None:
        raise SealedTokenError("its header is damaged", hint="have it sealed again")
    kinds = _TYPE.findall(header[1])
    if b"scrypt" in kinds:
        raise SealedTokenError(
            "it is sealed with a passphrase, which is not allowed: an attempt can take any amount of memory",
            hint="have it sealed for a recipient: seal --to age1…",
        )
    if len(kinds) > MOST_STANZAS:
        raise SealedTokenError(f"it is sealed for more than {MOST_STANZAS} recipients")
