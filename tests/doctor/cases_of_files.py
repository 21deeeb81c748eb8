"""Cases of the groups Files and Contents."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

from arka_config import Secret
from arka_config.sealing import operations
from arka_config.sealing.data_key import ENABLE
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.cli.program import OTHER, TOKEN, arka
from tests.doctor.problem_cases import TOKENS, problem_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.doctor.user_home import UserHome


@problem_case("folders", TOKENS, "this is a file, but must be a folder", f"mv {TOKENS} {TOKENS}.old")
def a_file_instead_of_a_folder(user_home: UserHome) -> None:
    subprocess.run(["rm", "-r", user_home.data("tokens")], check=True)
    user_home.write(user_home.data("tokens"), "")
    user_home.write(user_home.config("profiles", "work.toml"), "")


@problem_case("read-only", TOKENS, "its owner may not write to it (mode 0500)", f"chmod u+w {TOKENS}", "warning")
def a_read_only_folder(user_home: UserHome) -> None:
    user_home.data("tokens").chmod(0o500)


@problem_case("modes", f"{TOKENS}/ci.json", "read the file (mode 0644)", f"chmod 600 {TOKENS}/ci.json", fixable=True)
def a_readable_token(user_home: UserHome) -> None:
    user_home.data("tokens", "ci.json").chmod(0o644)


@problem_case(
    "modes", f"{TOKENS}/ci.json", "write to the file (mode 0622)", f"chmod 600 {TOKENS}/ci.json", fixable=True
)
def a_writable_token(user_home: UserHome) -> None:
    user_home.data("tokens", "ci.json").chmod(0o622)


@problem_case(
    "modes",
    TOKENS,
    "read 2 files in it: ci.json, work.json",
    f"chmod 600 {TOKENS}/ci.json {TOKENS}/work.json",
    fixable=True,
)
def two_readable_tokens(user_home: UserHome) -> None:
    for name in ("ci", "work"):
        user_home.data("tokens", f"{name}.json").chmod(0o640)


@problem_case(
    "modes",
    TOKENS,
    "read 12 files in it: ci.json, p0.json, p1.json and 9 more",
    f"chmod go-rwx {TOKENS}/*",
    fixable=True,
)
def many_readable_tokens(user_home: UserHome) -> None:
    for number in range(10):
        user_home.store_token(f"p{number}", OTHER)
    for path in user_home.data("tokens").iterdir():
        path.chmod(0o644)


@problem_case(
    "modes",
    "~/.local/share/arka",
    "open the folder (mode 0755)",
    "chmod 700 ~/.local/share/arka",
    "warning",
    fixable=True,
)
def an_open_data_folder(user_home: UserHome) -> None:
    user_home.data().chmod(0o755)


@problem_case(
    "modes", "~/.local/state/arka", "write to the folder (mode 0777)", "chmod 700 ~/.local/state/arka", fixable=True
)
def a_writable_state_folder(user_home: UserHome) -> None:
    user_home.state().chmod(0o777)


@problem_case(
    "modes",
    "~/.local/state/arka/active",
    "write to the file (mode 0666)",
    "chmod 600 ~/.local/state/arka/active",
    fixable=True,
)
def a_writable_active_file(user_home: UserHome) -> None:
    user_home.state("active").chmod(0o666)


@problem_case("modes", "~/other.key", "read the file (mode 0644)", "chmod 600 ~/other.key", fixable=True)
def a_readable_key_file(user_home: UserHome) -> None:
    operations.enable(vault_of(user_home.store), [NewUnlocker("key-file", path=str(user_home.path("other.key")))])
    user_home.path("other.key").chmod(0o644)


@problem_case(
    "config-modes",
    "~/.config/arka/config.toml",
    "others can write",
    "chmod go-w ~/.config/arka/config.toml",
    fixable=True,
)
def writable_preferences(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), "", 0o666)


if os.geteuid() == 0:  # only root can change a file's owner

    @problem_case(
        "owners",
        f"{TOKENS}/ci.json",
        "it belongs to nobody, not to root",
        f"chown -hR root {TOKENS}/ci.json",
    )
    def a_file_of_another_owner(user_home: UserHome) -> None:
        os.chown(user_home.data("tokens", "ci.json"), 65534, -1)

    @problem_case(
        "owners",
        "~/.local/state/arka",
        "not to root, and so do 2 files in it",
        "chown -hR root ~/.local/state/arka",
    )
    def a_folder_of_another_owner(user_home: UserHome) -> None:
        for path in (user_home.state(), user_home.state("active"), user_home.state("lock")):
            os.chown(path, 65534, -1)


@problem_case(
    "work-tree",
    "~/.local/share/arka",
    "the tokens in it would be committed",
    "printf '*\\n' > ~/.local/share/arka/.gitignore",
    fixable=True,
)
def tokens_in_a_git_work_tree(user_home: UserHome) -> None:
    user_home.path(".local/share/.git").mkdir()


@problem_case(
    "leftovers",
    f"{TOKENS}/.ci.json.0123.arka-tmp",
    "a temporary file",
    f"rm -f {TOKENS}/.ci.json.0123.arka-tmp",
    "warning",
    fixable=True,
)
def a_temporary_file_of_a_killed_writer(user_home: UserHome) -> None:
    path = user_home.write(user_home.data("tokens", ".ci.json.0123.arka-tmp"), TOKEN)
    os.utime(path, (0, 0))


@problem_case(
    "lock",
    "~/.local/state/arka/lock",
    "process 4194305 (arka) was killed",
    "arka doctor --fix",
    "warning",
    fixable=True,
)
def a_lock_of_a_dead_process(user_home: UserHome) -> None:
    user_home.write(user_home.state("lock"), "4194305 arka")  # larger than any on Linux


@problem_case(
    "preferences",
    "~/.config/arka/config.toml",
    "unknown key 'storag'; did you mean 'storage'?",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    "warning",
    editor="sed -i s/storag/storage/",
)
def an_unknown_preference(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), 'storag = "plain"\n')


@problem_case(
    "preferences",
    "~/.config/arka/config.toml",
    "not TOML: line 1, column 10",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i d",
)
def preferences_with_a_syntax_error(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), "storage =\n")


@problem_case("preferences", "~/.config/arka/config.toml", "sealing is off", "arka vault enable")
def a_preference_for_sealing_that_is_off(user_home: UserHome) -> None:
    for name in ("work", "ci"):
        user_home.store.log_out(name)
    user_home.write(user_home.config("config.toml"), 'storage = "sealed"\n')


@problem_case(
    "preferences",
    "~/.config/arka/config.toml:1",
    "it contains a token",
    "${EDITOR:-vi} ~/.config/arka/config.toml",
    editor="sed -i d",
)
def a_token_in_the_preferences(user_home: UserHome) -> None:
    user_home.write(user_home.config("config.toml"), f"# {TOKEN}\n")


@problem_case(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "unknown key 'descripton'; did you mean 'description'?",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    editor="sed -i s/descripton/description/",
)
def an_unknown_key(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "typo.toml"), 'descripton = "x"\n')


@problem_case(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.timeot: unknown setting; did you mean 'timeout'?",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    "warning",
    editor="sed -i s/timeot/timeout/",
)
def a_misspelled_setting(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "typo.toml"), "[settings]\ntimeot = 3\n")


@problem_case(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.colour: unknown setting",
    "arka profiles unset typo settings.colour",
    "warning",
)
def an_unknown_setting(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "typo.toml"), "[settings]\ncolour = 3\n")


@problem_case(
    "profiles",
    "~/.config/arka/profiles/typo.toml",
    "settings.timeout: input should be greater than 0",
    "${EDITOR:-vi} ~/.config/arka/profiles/typo.toml",
    editor="sed -i s/-3/3/",
)
def a_setting_with_an_invalid_value(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "typo.toml"), "[settings]\ntimeout = -3\n")


@problem_case(
    "profiles",
    "~/.config/arka/profiles/broken.toml",
    "line 2",
    "${EDITOR:-vi} ~/.config/arka/profiles/broken.toml",
    editor="sed -i 2d",
)
def a_profile_with_a_syntax_error(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "broken.toml"), 'description = "x"\napi_url =\n')


@problem_case(
    "profiles",
    "~/.config/arka/profiles/plain.toml",
    "api_url: 'ftp://x' is not a URL",
    "${EDITOR:-vi} ~/.config/arka/profiles/plain.toml",
    editor="sed -i d",
)
def a_profile_with_an_invalid_url(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "plain.toml"), 'api_url = "ftp://x"\n')


@problem_case(
    "profiles",
    "~/.config/arka/profiles/Work Laptop.toml",
    "its name is not a profile name",
    "mv '~/.config/arka/profiles/Work Laptop.toml' ~/.config/arka/profiles/work-laptop.toml",
    "warning",
)
def a_misnamed_profile(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "Work Laptop.toml"), 'description = "x"\n')


@problem_case("tokens", f"{TOKENS}/ci.json", "line 1, column 2: not JSON", "arka logout --profile ci")
def a_damaged_token_file(user_home: UserHome) -> None:
    user_home.write(user_home.data("tokens", "ci.json"), "{")


@problem_case("tokens", f"{TOKENS}/ci.json", "format 9 is newer than this program", "")
def a_token_file_in_a_newer_format(user_home: UserHome) -> None:
    user_home.write(user_home.data("tokens", "ci.json"), json.dumps({"version": 9, "token": TOKEN}))


@problem_case(
    "tokens",
    "~/.config/arka/profiles/ci.toml",
    "is for https://arka-ai.com, but",
    "arka profiles unset ci api_url",
)
def a_token_for_another_workspace(user_home: UserHome) -> None:
    user_home.write(user_home.config("profiles", "ci.toml"), 'api_url = "https://eu.arka-ai.com"\n')


@problem_case("tokens", f"{TOKENS}/old.json", "a broken symbolic link", f"rm {TOKENS}/old.json")
def a_broken_link(user_home: UserHome) -> None:
    user_home.data("tokens", "old.json").symlink_to("nowhere")


@problem_case("state", "~/.local/state/arka/active", "not the name of a profile", "rm ~/.local/state/arka/active")
def a_damaged_active_file(user_home: UserHome) -> None:
    user_home.write(user_home.state("active"), "A B C\n")


@problem_case("state", "~/.local/state/arka/pins.json", "not JSON", "rm ~/.local/state/arka/pins.json")
def damaged_pins(user_home: UserHome) -> None:
    user_home.write(user_home.state("pins.json"), "{")


@problem_case("state", "~/.local/state/arka/pins.json", "format 2 is newer", "")
def pins_in_a_newer_format(user_home: UserHome) -> None:
    user_home.write(user_home.state("pins.json"), '{"version": 2, "pins": []}')


@problem_case("state", "~/.local/state/arka/ledger.json", "not a ledger", "rm ~/.local/state/arka/ledger.json")
def a_damaged_ledger(user_home: UserHome) -> None:
    user_home.write(user_home.state("ledger.json"), "{}")


@problem_case("state", "~/.local/state/arka/ledger.json", "format 3 is newer", "")
def a_ledger_in_a_newer_format(user_home: UserHome) -> None:
    user_home.write(user_home.state("ledger.json"), '{"version": 3}')


@problem_case(
    "state", "~/.local/state/arka/agreements.json", "not a file of approvals", "rm ~/.local/state/arka/agreements.json"
)
def damaged_approvals(user_home: UserHome) -> None:
    user_home.write(user_home.state("agreements.json"), "[]")


@problem_case(
    "state",
    "~/.local/state/arka/legacy-origins.json",
    "not a file of allowed workspaces",
    "rm ~/.local/state/arka/legacy-origins.json",
)
def damaged_legacy_origins(user_home: UserHome) -> None:
    user_home.write(user_home.state("legacy-origins.json"), '{"version": 1, "files": {"/x": "https://a.dev"}}')


@problem_case("state", "~/.local/state/arka/agreements.json", "format 2 is newer", "")
def approvals_in_a_newer_format(user_home: UserHome) -> None:
    user_home.write(user_home.state("agreements.json"), '{"version": 2}')


@problem_case(
    "unfinished",
    "~/.local/share/arka/data-key.json",
    "'vault enable' was interrupted",
    "arka vault enable",
    "warning",
    fixable=True,
)
def an_interrupted_vault_enable(user_home: UserHome) -> None:
    vault = vault_of(user_home.store)
    operations.enable(vault, [NewUnlocker("key-file")])
    file = vault.require_file()
    file.unfinished = ENABLE
    vault.write(file, vault.keys()[file.key_id])


@problem_case(
    "unfinished",
    "~/.local/state/arka/ledger.pending.json",
    "'apply' was interrupted",
    "arka apply ~/templates",
    "warning",
    stdin="",
)
def an_interrupted_apply(user_home: UserHome) -> Mapping[str, str]:
    user_home.write(
        user_home.path("templates", "box.toml"), 'version = 1\n[profile]\nname = "box"\ndescription = "x"\n'
    )
    assert arka("apply", str(user_home.path("templates")), "--yes", environ=user_home.environ).code == 0
    user_home.state("ledger.json").rename(user_home.state("ledger.pending.json"))
    return {}


@problem_case(
    "secrets",
    f"{TOKENS}/work.webhook_secret.json",
    "not JSON",
    "arka secrets unset webhook_secret --profile work",
)
def a_damaged_secret(user_home: UserHome) -> None:
    user_home.write(user_home.data("tokens", "work.webhook_secret.json"), "{")


@problem_case(
    "secrets",
    f"{TOKENS}/ci.webhook_secret.json",
    "this secret was stored for another profile or setting",
    "arka secrets unset webhook_secret --profile ci",
)
def a_secret_of_another_profile(user_home: UserHome) -> None:
    user_home.store.set_secret("work", "webhook_secret", Secret("hunter-2"))
    user_home.data("tokens", "work.webhook_secret.json").rename(user_home.data("tokens", "ci.webhook_secret.json"))


@problem_case(
    "secrets",
    f"{TOKENS}/gone.webhook_secret.json",
    "it is the secret 'webhook_secret' of profile 'gone', which does not exist",
    f"rm {TOKENS}/gone.webhook_secret.json",
    "warning",
)
def a_secret_of_a_profile_that_does_not_exist(user_home: UserHome) -> None:
    user_home.store.create("gone", {})
    user_home.store.set_secret("gone", "webhook_secret", Secret("hunter-2"))
    user_home.config("profiles", "gone.toml").unlink()


@problem_case(
    "secrets",
    f"{TOKENS}/ci.webhook_secret.json",
    "arka has no secret setting 'webhook_secret'",
    "arka secrets unset webhook_secret --profile ci",
    "warning",
)
def a_secret_without_a_setting(user_home: UserHome) -> None:
    user_home.store.set_secret("ci", "webhook_secret", Secret("hunter-2"))
