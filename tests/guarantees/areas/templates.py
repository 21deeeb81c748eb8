"""Templates and token references."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
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
]

MUTANTS: list[Mutant] = [
    Mutant(
        "an exported token of any format",
        "store/resolution.py",
        "self._with_token_check(environment(self.environ)),",
        "environment(self.environ),",
        "tests/cli/test_token_format.py::test_variable_without_a_token_is_refused_by_name",
        "assert 0 == 4",
    ),
    Mutant(
        "a referenced token of any format",
        "references/registry.py",
        '    return app.check_when_revealed(Secret(fetch), f"{subject}, which")',
        "    return Secret(fetch)",
        "tests/cli/test_token_format.py::test_reference_without_a_token_is_refused_by_name",
        "assert 'hunter2' not in",
    ),
    Mutant(
        "a profile that reads a control variable",
        "references/env.py",
        "        if _controls(target, context.app):",
        "        if False:",
        "tests/cli/test_token_format.py::test_profile_does_not_read_a_control_variable",
        "assert 0 == 4",
    ),
    Mutant(
        "a template that reads any variable of the app",
        "references/env.py",
        "target.startswith(app.prefix) and target.endswith(_SUFFIXES)",
        "target.startswith(app.prefix)",
        "tests/templates/test_hostile.py::test_a_variable_of_the_app_that_is_not_named_for_a_token_is_refused",
        "assert 0 == 1",
    ),
]
