"""Output and child programs."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A stored token that is known to have expired is not used without a warning, and not at all with "
        '`expiry = "refuse"` or `--strict-expiry`. An expiry that is not known does not count as far away.',
        (
            "cli/test_expiry.py",
            "settings/test_profile_settings.py::test_load_refuses_an_expired_token_if_config_toml_says_so",
        ),
        (
            "an expired token without a word",
            "a refusal that only warns",
            "settings with an expired token",
            "an expired token for the Node CLI",
            "an unknown expiry that is far away",
        ),
    ),
    Guarantee(
        "SECURITY.md names everything that prints a token, and no program is started with a token in its arguments.",
        (
            "cli/test_streams.py::test_security_md_lists_everything_that_prints_a_token",
            "cli/test_exec.py::test_exec_passes_a_token_flag_in_the_environment_and_never_in_argv",
        ),
    ),
    Guarantee(
        "Control and bidirectional characters are shown as text, and what a shell evaluates only sets variables.",
        ("hostile/test_terminal.py", "hostile/test_shells.py"),
    ),
    Guarantee(
        "A token is shown only if it was asked for: not by another command, option, error, help or completion.",
        (
            "cli/test_streams.py::test_a_token_is_shown_only_if_it_was_asked_for",
            "cli/test_streams.py::test_an_error_redacts_a_token_in_the_wrong_argument",
            "guarantees/test_canary.py::test_help_shows_no_token_of_the_environment",
            "guarantees/test_canary.py::test_completion_shows_no_token",
            "cli/test_completion.py::test_a_token_in_a_file_is_not_offered",
            "cli/test_completion.py::test_a_token_or_a_control_character_is_never_a_candidate",
        ),
        ("no redaction of text", "no redaction of JSON", "a token that completion offers"),
    ),
    Guarantee(
        "A shell's start-up file is edited only after a yes, by one line that `completion uninstall` removes, and a "
        "completion script of another author is not replaced.",
        ("cli/test_completion_install.py",),
        ("a start-up file that is edited without a question", "a completion script that replaces another author's"),
    ),
    Guarantee(
        "No log, repr, copy, schema or error of a settings class holds a token.",
        (
            "guarantees/test_canary.py::test_no_log_holds_a_token",
            "guarantees/test_canary.py::test_no_representation_shows_a_token",
        ),
        ("a secret that shows itself",),
    ),
    Guarantee(
        "A crash shows its location in the code, but no values and no message.",
        ("guarantees/test_canary.py::test_a_crash_shows_its_location_and_no_values",),
        ("a crash that shows values",),
    ),
    Guarantee(
        "The GitHub runner masks a token before it is written to GITHUB_ENV, wherever the token comes from.",
        (
            "cli/test_env.py::test_env_github_masks_the_very_value_that_it_writes",
            "cli/test_env.py::test_env_github_writes_nothing_if_the_mask_cannot_be_printed",
        ),
        ("a mask of another token", "a mask that is lost"),
    ),
    Guarantee(
        "No message, table or JSON begins a command for GitHub Actions, Azure Pipelines, GitLab or TeamCity, whatever "
        "text of arguments, variables, files or file names it shows.",
        ("hostile/test_ci_commands.py",),
        ("a message that is a CI command", "a table that is a CI command", "JSON that is a CI command"),
    ),
    Guarantee(
        "No child process (`exec`, a helper, a passphrase command, the browser) inherits a secret of the app, and "
        "`exec` passes the token of one profile only.",
        ("cli/test_child_processes.py",),
        (
            "a child that inherits the database's URL",
            "a child that inherits the proxy's password",
            "a child that inherits a secret setting",
            "a child that inherits another profile's token",
            "a child that loses its own profile's variable",
        ),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a token that completion offers",
        "cli/runtime/words.py",
        "    return is_printable(text) and app.redact(text) == text\n",
        "    return is_printable(text)\n",
        "tests/cli/test_completion.py::test_a_token_in_a_file_is_not_offered",
        "assert",
    ),
    Mutant(
        "a start-up file that is edited without a question",
        "cli/commands/completion/install.py",
        "    if not is_loaded and not yes:\n",
        "    if False:\n",
        "tests/cli/test_completion_install.py::test_a_start_file_is_not_edited_without_a_yes",
        "assert",
    ),
    Mutant(
        "a completion script that replaces another author's",
        "cli/commands/completion/install.py",
        "    place.check(force=force)\n",
        "",
        "tests/cli/test_completion_install.py::test_a_file_of_another_author_is_neither_replaced_nor_removed",
        "assert",
    ),
    Mutant(
        "an expired token without a word",
        "cli/runtime/session.py",
        '        terminal.warn(f"{error.message}; to replace it: {error.hint}")\n',
        "",
        "tests/cli/test_expiry.py::test_expired_token_is_printed_with_a_warning_on_one_line",
        "assert",
    ),
    Mutant(
        "a refusal that only warns",
        "cli/runtime/session.py",
        "        if strict or self.store.preferences.expiry == REFUSE:\n",
        "        if strict:\n",
        "tests/cli/test_expiry.py::test_refuse_exits_with_4_and_prints_no_expired_token",
        "assert",
    ),
    Mutant(
        "settings with an expired token",
        "settings/profile_settings.py",
        "        _check_expiry(source)\n",
        "",
        "tests/settings/test_profile_settings.py::test_load_refuses_an_expired_token_if_config_toml_says_so",
        "DID NOT RAISE",
    ),
    Mutant(
        "an expired token for the Node CLI",
        "cli/runtime/legacy_sync.py",
        "    if session.store.preferences.expiry != REFUSE:\n",
        "    if expired:\n",
        "tests/cli/test_expiry.py::test_legacy_sync_with_refuse_removes_the_token_instead_of_writing_an_expired_one",
        "assert",
    ),
    Mutant(
        "an unknown expiry that is far away",
        "cli/commands/status.py",
        '    terminal.warn(f"it is not known when this token expires: {why}", hint=hint)\n    return EXIT_PENDING\n',
        '    terminal.warn(f"it is not known when this token expires: {why}", hint=hint)\n    return None\n',
        "tests/cli/test_expiry.py::test_status_expiring_offline_says_that_the_expiry_is_unknown_and_exits_with_3",
        "assert",
    ),
    Mutant(
        "a child that inherits the database's URL",
        "app_identity.py",
        '"SESSION", "DATABASE_URL", "PROXY")',
        '"SESSION", "PROXY")',
        "tests/cli/test_child_processes.py::test_no_child_inherits_a_secret_of_ours",
        "ARKA_DATABASE_URL",
    ),
    Mutant(
        "a child that inherits the proxy's password",
        "store/child_environment.py",
        "        secret.discard(proxy)",
        "        pass\n    secret.discard(proxy)",
        "tests/cli/test_child_processes.py::test_no_child_inherits_a_secret_of_ours",
        "ARKA_PROXY",
    ),
    Mutant(
        "a child that inherits a secret setting",
        "store/child_environment.py",
        "    elif others and app.settings is not None:",
        "    elif not app:",
        "tests/cli/test_child_processes.py::test_a_secret_setting_of_another_app_is_removed",
        "assert",
    ),
    Mutant(
        "a child that inherits another profile's token",
        "store/child_environment.py",
        "        removed |= _tokens_of_references(store, environ, ignored={own, *removed})",
        "        pass",
        "tests/cli/test_child_processes.py::test_exec_passes_no_token_that_another_profile_s_reference_names",
        "NIGHTLY_TOKEN",
    ),
    Mutant(
        "a child that loses its own profile's variable",
        "store/child_environment.py",
        "ignored={own, *removed}",
        "ignored=removed",
        "tests/cli/test_child_processes.py::test_exec_passes_no_token_that_another_profile_s_reference_names",
        "the selected profile keeps its own",
    ),
    Mutant(
        "a message that is a CI command",
        "cli/output/terminal.py",
        '    sys.stderr.write(f"{escape_ci_commands(line)}\\n")',
        '    sys.stderr.write(f"{line}\\n")',
        "tests/hostile/test_ci_commands.py::test_no_argument_is_printed_as_a_ci_command",
        "assert not",
    ),
    Mutant(
        "a table that is a CI command",
        "cli/output/terminal.py",
        "    out(escape_ci_commands(text))",
        "    out(text)",
        "tests/hostile/test_ci_commands.py::test_no_file_name_of_a_template_is_printed_as_a_ci_command",
        "assert not",
    ),
    Mutant(
        "JSON that is a CI command",
        "cli/runtime/session.py",
        "        terminal.out(escape_ci_commands_in_json(",
        "        terminal.out((",
        "tests/hostile/test_ci_commands.py::test_json_keeps_the_value_of_a_text_that_is_a_ci_command",
        "assert not",
    ),
    Mutant(
        "a mask of another token",
        "cli/commands/env.py",
        "    if secret := written or _stored_token(session):",
        "    if secret := _stored_token(session):",
        "tests/cli/test_env.py::test_env_github_masks_the_very_value_that_it_writes[env]",
        "assert .* ==",
    ),
    Mutant(
        "a mask that is lost",
        "cli/commands/env.py",
        "    except BrokenPipeError:\n        terminal.discard_stdout()\n    else:",
        "    except BrokenPipeError:\n        return terminal.discard_stdout()\n    else:",
        "tests/cli/test_env.py::test_env_github_writes_nothing_if_the_mask_cannot_be_printed",
        "assert",
    ),
    Mutant(
        "no redaction of text",
        "cli/output/terminal.py",
        "    return visible(_redacted(text))",
        "    return visible(text)",
        "tests/cli/test_streams.py::test_an_error_redacts_a_token_in_the_wrong_argument",
        "assert 'arka_w+9f3c' not in",
    ),
    Mutant(
        "no redaction of JSON",
        "cli/runtime/session.py",
        "text if reveal else self.app.redact(text)",
        "text",
        "tests/cli/test_streams.py::test_an_error_redacts_a_token_in_the_wrong_argument",
        "assert 'arka_w+9f3c' not in",
    ),
    Mutant(
        "a crash that shows values",
        "cli/runtime/reporting.py",
        "        if sys.flags.dev_mode:",
        "        if True:",
        "tests/guarantees/test_canary.py::test_a_crash_shows_its_location_and_no_values",
        "ValueError: arka_w+",
    ),
    Mutant(
        "a secret that shows itself",
        "secret.py",
        '        return "Secret(…)"',
        '        return f"Secret({self._value})"',
        "tests/guarantees/test_canary.py::test_no_representation_shows_a_token",
        "assert not True",
    ),
]
