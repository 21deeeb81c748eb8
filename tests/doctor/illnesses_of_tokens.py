"""Illnesses of tokens, references, the vault and what it seals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from tests.cli.program import OTHER, TOKEN
from tests.doctor.illness import TOKENS, illness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.ward import Ward


@illness("expiry", f"{TOKENS}/old.json", "expired", "arka login --profile old", types=TOKEN)
def an_expired_token(ward: Ward) -> None:
    ward.keep("old", expires="2026-01-01T00:00:00Z")


@illness(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "$REF_TOKEN, which is empty",
    "read -rs REF_TOKEN && export REF_TOKEN",
    stdin=f"{TOKEN}\n",
)
def a_reference_to_a_variable_that_is_not_set(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nenv = "REF_TOKEN"\n')


@illness(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "no token: it does not start with arka_",
    "read -rs REF_TOKEN && export REF_TOKEN",
    stdin=f"{TOKEN}\n",
)
def a_reference_to_something_else(ward: Ward) -> Mapping[str, str]:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nenv = "REF_TOKEN"\n')
    return {"REF_TOKEN": "ghp_" + "x" * 36}


@illness(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "which does not exist",
    "(umask 077 && cat > ~/the-token)",
    stdin=TOKEN,
)
def a_reference_to_a_file_that_is_not_there(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nfile = "~/the-token"\n')


@illness("references", "~/the-token", "others can read the file", "chmod 600 ~/the-token")
def a_reference_to_a_readable_file(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nfile = "~/the-token"\n')
    ward.write(ward.path("the-token"), TOKEN, 0o644)


@illness(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "does not define; did you mean 'pass'?",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i s/pass/passs/",
)
def a_helper_that_is_not_defined(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nhelper = "passs"\n')
    ward.write(ward.config("config.toml"), '[helpers]\npass = ["true"]\n')


@illness(
    "references",
    "~/.config/arka/config.toml",
    "'no-such-program-here' is not there to be run",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i s/no-such-program-here/true/",
)
def a_helper_that_is_not_installed(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ref.toml"), '[token]\nhelper = "pass"\n')
    ward.write(ward.config("config.toml"), '[helpers]\npass = ["no-such-program-here"]\n')


@illness("vault", "~/.local/state/arka/vault.key", "is not there", "")
def a_key_file_that_is_gone(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.state("vault.key").unlink()


@illness("vault", "~/.local/share/arka/data-key.json", "damaged", "")
def a_damaged_data_key(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.write(ward.data("data-key.json"), "{}")


@illness("vault", "~/.local/share/arka/data-key.json", "newer than this program", "")
def a_newer_data_key(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.write(ward.data("data-key.json"), '{"version": 9}')


@illness(
    "vault",
    "~/.local/share/arka/data-key.json",
    "without it the sealed tokens of only",
    "arka logout --profile only && arka login --profile only",
    types=TOKEN,
)
def a_data_key_that_is_gone(ward: Ward) -> None:
    for name in ("work", "ci"):
        ward.store.remove(name)
    ward.keep("only")
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.data("data-key.json").unlink()


@illness("vault", "ARKA_SESSION", "was not copied whole", "unset ARKA_SESSION", "warning")
def a_session_that_is_none(ward: Ward) -> Mapping[str, str]:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    return {"ARKA_SESSION": "abc"}


@illness("plain-tokens", f"{TOKENS}/late.json", "is in plain text", "arka doctor --fix", "warning", fixable=True)
def a_plain_token_beside_the_vault(ward: Ward) -> None:
    store = ward.store
    operations.enable(store.vault, [NewUnlocker("key-file")])
    document = {"version": 1, "token": OTHER, "origin": "https://arka-ai.com"}
    ward.write(ward.data("tokens", "late.json"), json.dumps(document))


@illness(
    "plain-tokens",
    "~/.config/arka/config.toml",
    'it says storage = "plain"',
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    "warning",
    editor="sed -i d",
)
def a_preference_for_plain_tokens_beside_the_vault(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file")])
    ward.write(ward.config("config.toml"), 'storage = "plain"\n')
