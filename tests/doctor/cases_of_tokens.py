"""Cases of the groups Tokens, Selection and Leaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.cli.program import OTHER, TOKEN
from tests.doctor.problem_cases import NODE, TOKENS, problem_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.user_home import UserHome


@problem_case("expiry", f"{TOKENS}/old.json", "expired", "arka login --profile old", types=TOKEN)
def an_expired_token(user_home: UserHome) -> None:
    user_home.store_token("old", expires="2026-01-01T00:00:00Z")


@problem_case(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "$REF_TOKEN, which is empty",
    "read -rs REF_TOKEN && export REF_TOKEN",
    stdin=f"{TOKEN}\n",
)
def a_reference_to_an_unset_variable(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nenv = "REF_TOKEN"\n')


@problem_case(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "which is not a token: it does not start with arka_",
    "${EDITOR:-vi} ~/.config/arka/profiles/ref.toml",
    editor="sed -i d",
)
def a_reference_to_a_variable_without_a_token(user_home: UserHome) -> Mapping[str, str]:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nenv = "REF_TOKEN"\n')
    return {"REF_TOKEN": "ghp_" + "x" * 36}


@problem_case(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "which is not a token: it does not start with arka_",
    "${EDITOR:-vi} ~/.config/arka/profiles/ref.toml",
    editor="sed -i d",
)
def a_reference_to_a_file_of_another_program(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nfile = "~/.netrc"\n')
    user_home.write(user_home.path(".netrc"), "machine example.com", 0o600)


@problem_case(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "which does not exist",
    "(umask 077 && cat > ~/the-token)",
    stdin=TOKEN,
)
def a_reference_to_a_missing_file(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nfile = "~/the-token"\n')


@problem_case("references", "~/the-token", "which others can read (mode 0644)", "chmod 600 ~/the-token")
def a_reference_to_a_readable_file(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nfile = "~/the-token"\n')
    user_home.write(user_home.path("the-token"), TOKEN, 0o644)


@problem_case(
    "references",
    "~/.config/arka/profiles/ref.toml",
    "does not define; did you mean 'pass'?",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i s/pass/passs/",
)
def an_undefined_helper(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nhelper = "passs"\n')
    user_home.write(user_home.config("config.toml"), '[helpers]\npass = ["true"]\n')


@problem_case(
    "references",
    "~/.config/arka/config.toml",
    "'no-such-program-here' cannot be found",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i s/no-such-program-here/true/",
)
def a_helper_that_is_not_installed(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ref.toml"), '[token]\nhelper = "pass"\n')
    user_home.write(user_home.config("config.toml"), '[helpers]\npass = ["no-such-program-here"]\n')


@problem_case("vault", "~/.local/state/arka/vault.key", "does not exist", "")
def a_missing_key_file(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.state("vault.key").unlink()


@problem_case("vault", "~/.local/share/arka/data-key.json", "damaged", "")
def a_damaged_data_key(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.write(user_home.data("data-key.json"), "{}")


@problem_case("vault", "~/.local/share/arka/data-key.json", "says that sealing is on", "arka vault disable")
def a_deleted_vault_without_sealed_tokens(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    for name in user_home.store.names():
        user_home.store.log_out(name)
    user_home.data("data-key.json").unlink()


@problem_case("vault", "~/.local/share/arka/data-key.json", "is not this machine's vault", "")
def a_vault_that_is_not_the_known_one(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.write(user_home.state("vault.json"), '{"version": 1, "key": "0123456789abcdef"}')


@problem_case("vault", "~/.local/share/arka/data-key.json", "newer than this program", "")
def a_data_key_in_a_newer_format(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.write(user_home.data("data-key.json"), '{"version": 9}')


@problem_case(
    "vault",
    "~/.local/share/arka/data-key.json",
    "without it the sealed tokens of only",
    "arka logout --profile only && arka vault disable && arka login --profile only",
    types=TOKEN,
)
def a_missing_data_key(user_home: UserHome) -> None:
    for name in ("work", "ci"):
        user_home.store.remove(name)
    user_home.store_token("only")
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.data("data-key.json").unlink()


@problem_case("vault", "ARKA_SESSION", "was not copied completely", "unset ARKA_SESSION", "warning")
def an_invalid_session(user_home: UserHome) -> Mapping[str, str]:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    return {"ARKA_SESSION": "abc"}


@problem_case("plain-tokens", f"{TOKENS}/late.json", "is in plain text", "arka doctor --fix", "warning", fixable=True)
def a_plain_token_although_sealing_is_on(user_home: UserHome) -> None:
    store = user_home.store
    operations.enable(vault_of(store), [NewUnlocker("key-file")])
    document = {"version": 1, "token": OTHER, "origin": "https://arka-ai.com"}
    user_home.write(user_home.data("tokens", "late.json"), json.dumps(document))


@problem_case(
    "plain-tokens",
    "~/.config/arka/config.toml",
    'storage = "plain" is set',
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    "warning",
    editor="sed -i d",
)
def a_preference_for_plain_tokens_although_sealing_is_on(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.write(user_home.config("config.toml"), 'storage = "plain"\n')


@problem_case(
    "active",
    "~/.local/state/arka/active",
    "'wrok', which does not exist; did you mean 'work'?",
    "arka use ci",
)
def a_missing_active_profile(user_home: UserHome) -> None:
    user_home.write(user_home.state("active"), "wrok -\n")


@problem_case(
    "pins", "~/gone", "pinned to profile 'ci', but no longer exists", "arka doctor --fix", "warning", fixable=True
)
def a_missing_pinned_directory(user_home: UserHome) -> None:
    user_home.store.pin(str(user_home.path("gone")), "ci")


@problem_case("pins", "~/there", "pinned to profile 'ghost', which does not exist", "(cd ~/there && arka use --unpin)")
def a_pin_to_a_missing_profile(user_home: UserHome) -> None:
    user_home.path("there").mkdir()
    pins = user_home.store.selection.read_pins() | {str(user_home.path("there")): "ghost"}
    user_home.store.selection.write_pins(pins)


@problem_case("variables", "ARKA_PROFILE", "there is no profile 'wrok'", "unset ARKA_PROFILE")
def a_variable_with_an_unknown_profile(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_PROFILE": "wrok"}


@problem_case("variables", "ARKA_PROFILE", "there is no profile 'arka_…77d1'", "unset ARKA_PROFILE")
def a_token_in_the_wrong_variable(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_PROFILE": OTHER}


@problem_case("variables", "ARKA_API_KEY", "instead of the token of profile 'work'", "unset ARKA_API_KEY", "warning")
def a_variable_that_hides_a_profile(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_API_KEY": OTHER}


@problem_case("variables", "ARKA_API_KEY", "it has 9 characters and not 42", "unset ARKA_API_KEY")
def a_variable_with_an_invalid_token(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_API_KEY": "arka_half"}


@problem_case("variables", "ARKA_API_URL", "a token is never sent to another origin", "unset ARKA_API_URL")
def a_variable_with_a_url_of_another_origin(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_API_URL": "https://eu.arka-ai.com"}


@problem_case("variables", "ARKA_API_URL", "'nonsense' is not a URL", "unset ARKA_API_URL")
def a_variable_with_an_invalid_url(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_API_URL": "nonsense"}


@problem_case("variables", "ARKA_TIMEOT", "did you mean ARKA_TIMEOUT?", "unset ARKA_TIMEOT", "warning")
def a_misspelled_variable(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_TIMEOT": "3"}


@problem_case("variables", "ARKA_ZZZ", "no setting has this variable", "unset ARKA_ZZZ", "note")
def an_unknown_variable(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_ZZZ": "3"}


@problem_case(
    "variables",
    "ARKA_HOME",
    "it hides the profiles in ~/.config/arka and the tokens in ~/.local",
    "unset ARKA_HOME",
    "warning",
)
def a_variable_that_hides_the_profiles(user_home: UserHome) -> Mapping[str, str]:
    return {"ARKA_HOME": str(user_home.path("other"))}


@problem_case(
    "variables", "XDG_DATA_HOME", "it hides the tokens in ~/.local/share/arka", "unset XDG_DATA_HOME", "warning"
)
def an_xdg_folder_that_hides_the_tokens(user_home: UserHome) -> Mapping[str, str]:
    user_home.state("active").unlink()
    return {"XDG_DATA_HOME": str(user_home.path("data"))}


@problem_case(
    "variables", "XDG_STATE_HOME", "it is not an absolute path, so it is ignored", "unset XDG_STATE_HOME", "warning"
)
def a_variable_with_a_relative_folder(user_home: UserHome) -> Mapping[str, str]:
    return {"XDG_STATE_HOME": "state"}


@problem_case(
    "legacy",
    f"~/{NODE}",
    "others could read the next token in it",
    f"chmod 700 ~/{NODE}",
    "warning",
    fixable=True,
)
def an_export_in_an_open_folder(user_home: UserHome) -> None:
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o600)
    user_home.path(NODE).chmod(0o755)


@problem_case(
    "legacy",
    f"~/{NODE}/config.json",
    "readable for others again (mode 0644); its folder protects it",
    f"chmod 600 ~/{NODE}/config.json",
    "note",
    fixable=True,
)
def an_export_that_the_node_cli_reopened(user_home: UserHome) -> None:
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o644)


@problem_case(
    "legacy",
    f"~/{NODE}/config.json",
    "can be written by every user",
    f"chmod 600 ~/{NODE}/config.json && chmod 700 ~/{NODE}",
)
def an_export_that_all_users_can_write(user_home: UserHome) -> None:
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": TOKEN}), 0o602)
    user_home.path(NODE).chmod(0o711)


@problem_case(
    "legacy", f"~/{NODE}/config.json", "not valid JSON", f"mv ~/{NODE}/config.json ~/{NODE}/config.json.broken"
)
def an_export_with_a_syntax_error(user_home: UserHome) -> None:
    user_home.write(user_home.path(NODE, "config.json"), "{")


@problem_case(
    "legacy",
    f"~/{NODE}/config.json",
    "is sealed, but the Node CLI's file has it in plain text",
    "arka import legacy --delete --profile work",
    "warning",
)
def an_export_of_a_sealed_token(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file")])
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": TOKEN}))


@problem_case(
    "legacy", f"~/{NODE}/config.json", "although legacy_sync is on", "arka export legacy --profile work", "warning"
)
def an_outdated_export(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), "legacy_sync = true\n")
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": OTHER}))


@problem_case(
    "legacy",
    f"~/{NODE}/config.json",
    "another token than the active profile 'work': the one of profile 'ci'",
    "arka export legacy --profile work",
    "note",
)
def an_export_of_another_profile(user_home: UserHome) -> None:
    user_home.write(user_home.path(NODE, "config.json"), json.dumps({"token": OTHER}))


@problem_case(
    "history",
    "~/.bash_history:2",
    "the token of profile 'work' is in a shell history, on line 2",
    "sed -i 2d ~/.bash_history",
    "warning",
)
def a_token_in_the_history_of_bash(user_home: UserHome) -> None:
    user_home.write(user_home.path(".bash_history"), f"ls\ncurl -H 'Authorization: Bearer {TOKEN}'\npwd\n")


@problem_case("history", "~/.zsh_history:1", "on lines 1 and 3", "sed -i '1d;3d' ~/.zsh_history", "warning")
def a_token_in_the_history_of_zsh(user_home: UserHome) -> None:
    user_home.write(
        user_home.path(".zsh_history"), f": 1:0;export X={TOKEN}\n: 2:0;ls\n: 3:0;arka --token {OTHER} status\n"
    )


@problem_case(
    "history",
    "~/.local/share/fish/fish_history:3",
    "on line 3",
    "sed -i 3,6d ~/.local/share/fish/fish_history",
    "warning",
)
def a_token_in_the_history_of_fish(user_home: UserHome) -> None:
    entry = f"- cmd: ls\n  when: 1\n- cmd: echo {TOKEN}\n  when: 2\n  paths:\n    - x\n- cmd: pwd\n  when: 3\n"
    user_home.write(user_home.path(".local/share/fish/fish_history"), entry)


@problem_case("history", "~/my-history:1", "on line 1", "sed -i 1d ~/my-history", "warning")
def a_token_in_the_history_that_a_variable_names(user_home: UserHome) -> Mapping[str, str]:
    user_home.write(user_home.path("my-history"), f"echo {TOKEN}\n")
    return {"HISTFILE": str(user_home.path("my-history"))}


@problem_case(
    "exports", "~/.zshrc:2", "the token of profile 'ci' is in plain text, on line 2", "sed -i 2d ~/.zshrc", "warning"
)
def a_token_in_a_start_up_file(user_home: UserHome) -> None:
    user_home.write(user_home.path(".zshrc"), f"alias x=y\nexport ARKA_API_KEY={OTHER}\n")


@problem_case("exports", "~/.config/fish/config.fish:1", "on line 1", "sed -i 1d ~/.config/fish/config.fish", "warning")
def a_token_in_a_start_up_file_of_fish(user_home: UserHome) -> None:
    user_home.write(user_home.path(".config/fish/config.fish"), f"set -gx ARKA_API_KEY {OTHER}\n")


@problem_case("exports", "~/.env:1", "on line 1", "sed -i 1d ~/.env", "warning")
def a_token_in_a_dotenv_file_of_this_directory(user_home: UserHome) -> None:
    user_home.write(user_home.path(".env"), f"ARKA_API_KEY={OTHER}\n")
