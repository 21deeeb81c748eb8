"""Illnesses of what stands in the files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.sealing import operations
from arka_config.sealing.data_key import ENABLE
from arka_config.sealing.unlockers.registry import NewUnlocker
from tests.cli.program import TOKEN, arka
from tests.doctor.illness import TOKENS, illness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.ward import Ward


@illness(
    "preferences",
    "~/.config/arka/config.toml",
    "unknown key 'expiry_warnin'; did you mean 'expiry_warning'?",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i s/warnin/warning/",
)
def an_unknown_preference(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), 'expiry_warnin = "3d"\n')


@illness(
    "preferences",
    "~/.config/arka/config.toml",
    "not TOML: line 1, column 10",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i d",
)
def preferences_that_do_not_parse(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), "storage =\n")


@illness("preferences", "~/.config/arka/config.toml", "sealing is not on", "arka vault enable")
def sealing_that_is_wanted_and_off(ward: Ward) -> None:
    for name in ("work", "ci"):
        ward.store.log_out(name)
    ward.write(ward.config("config.toml"), 'storage = "sealed"\n')


@illness(
    "preferences",
    "~/.config/arka/config.toml:1",
    "a token stands in it",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i d",
)
def a_token_in_the_preferences(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), f"# {TOKEN}\n")


@illness(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "unknown key 'descripton'; did you mean 'description'?",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    editor="sed -i s/descripton/description/",
)
def an_unknown_key(ward: Ward) -> None:
    ward.write(ward.config("profiles", "typo.toml"), 'descripton = "x"\n')


@illness(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.timeot: unknown setting; did you mean 'timeout'?",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    "warning",
    editor="sed -i s/timeot/timeout/",
)
def a_misspelled_setting(ward: Ward) -> None:
    ward.write(ward.config("profiles", "typo.toml"), "[settings]\ntimeot = 3\n")


@illness(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.colour: unknown setting",
    "arka profiles unset typo settings.colour",
    "warning",
)
def a_setting_that_nobody_knows(ward: Ward) -> None:
    ward.write(ward.config("profiles", "typo.toml"), "[settings]\ncolour = 3\n")


@illness(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.timeout: input should be greater than 0",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    editor="sed -i s/-3/3/",
)
def a_setting_that_does_not_fit(ward: Ward) -> None:
    ward.write(ward.config("profiles", "typo.toml"), "[settings]\ntimeout = -3\n")


@illness(
    "profiles",
    "~/.config/arka/profiles/broken.toml",
    "line 2",
    "${EDITOR:-vi} ~/.config/arka/profiles/broken.toml",
    editor="sed -i 2d",
)
def a_profile_that_does_not_parse(ward: Ward) -> None:
    ward.write(ward.config("profiles", "broken.toml"), 'description = "x"\napi_url =\n')


@illness(
    "profiles",
    "~/.config/arka/profiles/plain.toml",
    "api_url: 'ftp://x' is not a URL",
    "${EDITOR:-vi} ~/.config/arka/profiles/plain.toml",
    editor="sed -i d",
)
def a_url_that_no_token_may_go_to(ward: Ward) -> None:
    ward.write(ward.config("profiles", "plain.toml"), 'api_url = "ftp://x"\n')


@illness(
    "profiles",
    "~/.config/arka/profiles/Work Laptop.toml",
    "its name is no profile's",
    "mv '~/.config/arka/profiles/Work Laptop.toml' ~/.config/arka/profiles/work-laptop.toml",
    "warning",
)
def a_misnamed_profile(ward: Ward) -> None:
    ward.write(ward.config("profiles", "Work Laptop.toml"), 'description = "x"\n')


@illness("tokens", f"{TOKENS}/ci.json", "line 1, column 2: not JSON", "arka logout --profile ci")
def a_broken_credential(ward: Ward) -> None:
    ward.write(ward.data("tokens", "ci.json"), "{")


@illness("tokens", f"{TOKENS}/ci.json", "format 9 is newer than this program", "")
def a_newer_credential(ward: Ward) -> None:
    ward.write(ward.data("tokens", "ci.json"), json.dumps({"version": 9, "token": TOKEN}))


@illness(
    "tokens",
    "~/.config/arka/profiles/ci.toml",
    "is for https://arka-ai.com, but",
    "arka profiles unset ci api_url",
)
def a_token_for_another_workspace(ward: Ward) -> None:
    ward.write(ward.config("profiles", "ci.toml"), 'api_url = "https://eu.arka-ai.com"\n')


@illness("tokens", f"{TOKENS}/old.json", "a link that leads nowhere", f"rm {TOKENS}/old.json")
def a_dangling_link(ward: Ward) -> None:
    ward.data("tokens", "old.json").symlink_to("nowhere")


@illness("state", "~/.local/state/arka/active", "it holds no profile's name", "rm ~/.local/state/arka/active")
def a_broken_choice(ward: Ward) -> None:
    ward.write(ward.state("active"), "A B C\n")


@illness("state", "~/.local/state/arka/pins.json", "not JSON", "rm ~/.local/state/arka/pins.json")
def broken_pins(ward: Ward) -> None:
    ward.write(ward.state("pins.json"), "{")


@illness("state", "~/.local/state/arka/pins.json", "format 2 is newer", "")
def newer_pins(ward: Ward) -> None:
    ward.write(ward.state("pins.json"), '{"version": 2, "pins": []}')


@illness("state", "~/.local/state/arka/ledger.json", "not a ledger", "rm ~/.local/state/arka/ledger.json")
def a_broken_ledger(ward: Ward) -> None:
    ward.write(ward.state("ledger.json"), "{}")


@illness("state", "~/.local/state/arka/ledger.json", "format 2 is newer", "")
def a_newer_ledger(ward: Ward) -> None:
    ward.write(ward.state("ledger.json"), '{"version": 2}')


@illness(
    "state", "~/.local/state/arka/agreements.json", "not a file of agreements", "rm ~/.local/state/arka/agreements.json"
)
def broken_agreements(ward: Ward) -> None:
    ward.write(ward.state("agreements.json"), "[]")


@illness("state", "~/.local/state/arka/agreements.json", "format 2 is newer", "")
def newer_agreements(ward: Ward) -> None:
    ward.write(ward.state("agreements.json"), '{"version": 2}')


@illness(
    "unfinished",
    "~/.local/share/arka/data-key.json",
    "'vault enable' was interrupted",
    "arka vault enable",
    "warning",
    fixable=True,
)
def an_interrupted_vault_enable(ward: Ward) -> None:
    vault = ward.store.vault
    operations.enable(vault, [NewUnlocker("key-file")])
    file = vault.required_file()
    file.unfinished = ENABLE
    vault.write(file, vault.keys()[file.key_id])


@illness(
    "unfinished",
    "~/.local/state/arka/ledger.pending.json",
    "'apply' was interrupted",
    "arka apply ~/templates",
    "warning",
    stdin="",
)
def an_interrupted_apply(ward: Ward) -> Mapping[str, str]:
    ward.write(ward.path("templates", "box.toml"), 'version = 1\n[profile]\nname = "box"\ndescription = "x"\n')
    assert arka("apply", str(ward.path("templates")), "--yes", environ=ward.environ).code == 0
    ward.state("ledger.json").rename(ward.state("ledger.pending.json"))
    return {}
