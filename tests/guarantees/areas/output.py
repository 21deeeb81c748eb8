"""Output and child programs."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "A token is shown only if it was asked for: not by another command, option, error, help or completion.",
        (
            "cli/test_streams.py::test_a_token_is_shown_only_if_it_was_asked_for",
            "cli/test_streams.py::test_an_error_redacts_a_token_in_the_wrong_argument",
            "guarantees/test_canary.py::test_help_shows_no_token_of_the_environment",
            "guarantees/test_canary.py::test_completion_shows_no_token",
        ),
        ("no redaction of text", "no redaction of JSON"),
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
]

MUTANTS: list[Mutant] = [
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
