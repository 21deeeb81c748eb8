"""Templates and token references."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "`doctor --fix` never writes to a template through a link, or to one of another user. A rewrite approves "
        "nothing that was not approved before.",
        (
            "doctor/test_renaming.py::test_template_that_is_a_link_is_reported_and_not_rewritten",
            "doctor/test_renaming.py::test_template_that_becomes_a_link_after_the_check_is_not_rewritten",
            "doctor/test_renaming.py::test_template_of_another_user_is_reported_and_not_rewritten",
            "doctor/test_renaming.py::test_template_that_was_changed_since_its_approval_is_not_approved_by_a_rewrite",
        ),
        ("a template that is rewritten through a link", "a changed template that a rewrite approves"),
    ),
    Guarantee(
        "A kill at any step of a rewrite of a template leaves the old file or the new one.",
        ("doctor/test_renaming.py::test_a_kill_at_any_step_of_a_rewrite_leaves_the_old_template_or_the_new_one",),
    ),
    Guarantee(
        "`apply` verifies the tokens that it stores after the plan is approved, keeps their expiry, and does not store "
        "one that its workspace refuses.",
        (
            "templates/test_verified_tokens.py::test_apply_keeps_label_user_and_expiry",
            "templates/test_verified_tokens.py::test_refused_token_is_reported_and_not_stored",
            "templates/test_verified_tokens.py::test_refused_token_does_not_replace_one_that_works",
            "templates/test_verified_tokens.py::test_no_request_is_sent_before_the_plan_is_approved_or_if_nothing_is_to_be_stored",
        ),
        ("a refused token that is stored", "an applied token without its expiry"),
    ),
    Guarantee(
        "A template runs nothing, expands no variable, and sends nothing before its plan is approved. A new origin, "
        "proxy or certificate file must be approved by name, in CI too.",
        (
            "templates/test_hostile.py::test_a_template_cannot_run_a_command",
            "templates/test_hostile.py::test_names_and_descriptions_expand_no_variable",
            "templates/test_issue.py::test_no_request_is_sent_before_the_plan_is_approved",
            "templates/test_hostile.py::test_a_proxy_or_certificate_file_must_be_approved_by_name",
            "templates/test_hostile.py::test_ci_needs_the_same_approval",
        ),
    ),
    Guarantee(
        "A profile names a helper, and only the user's own config.toml says what it runs.",
        ("references/test_kinds.py::test_helper_that_config_toml_does_not_define_is_an_error",),
    ),
    Guarantee(
        "What is not in the token format is not printed, sent or shown, wherever it comes from; and no profile or "
        "template reads a variable that controls the program.",
        (
            "cli/test_token_format.py",
            "templates/test_hostile.py::test_a_variable_of_the_app_that_is_not_named_for_a_token_is_refused",
            "templates/test_hostile.py::test_the_app_s_own_variables_are_refused_even_if_allowed",
        ),
        (
            "an exported token of any format",
            "a referenced token of any format",
            "a profile that reads a control variable",
            "a template that reads any variable of the app",
        ),
    ),
    Guarantee(
        "A reference that would be sent to another origin than before is recognized in every spelling, and `--only` "
        "approves nothing else.",
        (
            "templates/test_hostile.py::test_a_file_is_recognized_in_every_spelling",
            "templates/test_hostile.py::test_a_link_that_was_approved_is_recognized_after_it_was_moved",
            "templates/test_hostile.py::test_apply_with_only_approves_no_other_template",
        ),
        ("a file in one spelling", "a link as it was", "--only that approves everything"),
    ),
    Guarantee(
        "A file below a root that templates may read is not followed by a link out of all roots, even if the link is "
        "newer than the plan.",
        (
            "templates/test_hostile.py::test_a_link_that_leads_out_of_a_root_after_the_plan_is_not_followed",
            "templates/test_hostile.py::test_a_kept_reference_does_not_follow_a_link_out_of_a_root",
        ),
        ("a link that is checked for the plan only",),
    ),
    Guarantee(
        "The work that a template causes grows with its size and no faster, and the number of problems that are "
        "reported is limited.",
        (
            "templates/test_reading.py::test_a_template_with_too_many_keys_is_refused_as_a_whole",
            "templates/test_reading.py::test_only_the_first_problems_are_reported",
            "templates/test_reading.py::test_the_work_of_positions_is_linear",
            "templates/test_reading.py::test_the_work_of_the_search_for_passwords_is_linear",
        ),
        ("any number of keys", "any number of problems", "a search that takes quadratic time"),
    ),
    Guarantee(
        "`seal --rekey` reseals a token only for the app, profile and origin of its template.",
        ("templates/test_sealed.py::test_rekey_refuses_a_token_for_another_profile_or_origin",),
        ("a rekey of any token",),
    ),
    Guarantee(
        "A token in a longer argument is masked as a whole: no error shows a part of it.",
        (
            "cli/test_streams.py::test_a_token_in_a_longer_argument_is_masked_before_it_is_cut",
            "test_text.py::test_shorten_cuts_no_word",
        ),
        ("a token that is cut",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "a template that is rewritten through a link",
        "doctor/renaming.py",
        "        if real != path:",
        "        if False:",
        "tests/doctor/test_renaming.py::test_template_that_becomes_a_link_after_the_check_is_not_rewritten",
        "is a symbolic link",
    ),
    Mutant(
        "a changed template that a rewrite approves",
        "templates/approvals.py",
        "        if names.get(before.name) == before.digest:",
        "        if before.name in names:",
        "tests/doctor/test_renaming.py::test_template_that_was_changed_since_its_approval_is_not_approved_by_a_rewrite",
        "Approvals(open_store(app).folders.state).folders == approved",
    ),
    Mutant(
        "a refused token that is stored",
        "cli/runtime/applied_tokens.py",
        "        if name not in refused\n",
        "",
        "tests/templates/test_verified_tokens.py::test_refused_token_does_not_replace_one_that_works",
        'open_store(app).credential("ci").token.reveal() == TOKEN',
    ),
    Mutant(
        "an applied token without its expiry",
        "cli/runtime/applied_tokens.py",
        "label=details.label, expires=details.stored_expires, user",
        "label=details.label, user",
        "tests/templates/test_verified_tokens.py::test_apply_keeps_label_user_and_expiry",
        "(stored.label, stored.user, stored.expires)",
    ),
    Mutant(
        "any number of keys",
        "templates/reading.py",
        "    if size > MAX_KEYS:",
        "    if False:",
        "tests/templates/test_reading.py::test_a_template_with_too_many_keys_is_refused_as_a_whole",
        "(done.code, done.err)",
    ),
    Mutant(
        "any number of problems",
        "templates/reading.py",
        "lines[:MAX_PROBLEMS]",
        "lines",
        "tests/templates/test_reading.py::test_only_the_first_problems_are_reported",
        "len(lines) == 101",
    ),
    Mutant(
        "a search that takes quadratic time",
        "templates/reading.py",
        're.compile(r"://([^/@\\s]*)@")',
        're.compile(r"://([^/@\\s]*:[^/@\\s]*)@")',
        "tests/templates/test_reading.py::test_the_work_of_the_search_for_passwords_is_linear",
        "measure_cpu(lambda: search(8000))",
    ),
    Mutant(
        "a rekey of any token",
        "cli/commands/seal.py",
        "    if mismatch := sealed.mismatch(store.app.name, names, origin):",
        "    if (mismatch := sealed.mismatch(store.app.name, names, origin)) and False:",
        "tests/templates/test_sealed.py::test_rekey_refuses_a_token_for_another_profile_or_origin",
        "done.code == 1",
    ),
    Mutant(
        "a token that is cut",
        "text.py",
        "    if text[end] in _TOKEN:",
        "    if False:",
        "tests/cli/test_streams.py::test_a_token_in_a_longer_argument_is_masked_before_it_is_cut",
        '"wwww" not in form, command',
    ),
    Mutant(
        "a file in one spelling",
        "references/file.py",
        "        return _normal(path), _real(path)",
        "        return (target,)",
        "tests/templates/test_hostile.py::test_a_file_is_recognized_in_every_spelling",
        'assert_refused(why=f"is sent to {EVIL}, but was only sent to',
    ),
    Mutant(
        "a link as it was",
        "references/file.py",
        "        return _normal(path), _real(path)",
        "        return (_real(path),)",
        "tests/templates/test_hostile.py::test_a_link_that_was_approved_is_recognized_after_it_was_moved",
        'assert_refused(why=f"is sent to {EVIL}, but was only sent to',
    ),
    Mutant(
        "--only that approves everything",
        "templates/planning.py",
        "    if options.only:",
        "    if False:",
        "tests/templates/test_hostile.py::test_apply_with_only_approves_no_other_template",
        '[list(names) for names in approved["folders"].values()] ==',
    ),
    Mutant(
        "a link that is checked for the plan only",
        "references/file.py",
        ", check=lambda real: _check_link(path, real, subject, context))",
        ")",
        "tests/templates/test_hostile.py::test_a_kept_reference_does_not_follow_a_link_out_of_a_root",
        "(done.code, TOKEN in done.out + done.err) == (4, False)",
    ),
    Mutant(
        "an exported token of any format",
        "store/resolution.py",
        "self._with_token_check(environment(self.environ)),",
        "environment(self.environ),",
        "tests/cli/test_token_format.py::test_variable_without_a_token_is_refused_by_name",
        "done.code == 4",
    ),
    Mutant(
        "a referenced token of any format",
        "references/registry.py",
        '    return app.check_when_revealed(Secret(fetch), f"{subject}, which")',
        "    return Secret(fetch)",
        "tests/cli/test_token_format.py::test_reference_without_a_token_is_refused_by_name",
        '"hunter2" not in done.out + done.err',
    ),
    Mutant(
        "a profile that reads a control variable",
        "references/env.py",
        "        if _controls(target, context.app):",
        "        if False:",
        "tests/cli/test_token_format.py::test_token_reference_cannot_name_a_variable_of_the_app",
        "done.code == 4",
    ),
    Mutant(
        "a template that reads any variable of the app",
        "references/env.py",
        "target.startswith(app.prefix) and target.endswith(_SUFFIXES)",
        "target.startswith(app.prefix)",
        "tests/templates/test_hostile.py::test_a_variable_of_the_app_that_is_not_named_for_a_token_is_refused",
        'assert_refused(why=f"token.env: ARKA_{name} may not be read by a',
    ),
]
