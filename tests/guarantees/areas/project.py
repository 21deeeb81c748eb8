"""Tests and builds."""

from __future__ import annotations

from tests.guarantees.guarantee import Guarantee, Mutant

GUARANTEES: list[Guarantee] = [
    Guarantee(
        "The tests of a guarantee fail if one of the safeguards that it lists as a mutant is removed.",
        ("guarantees/test_mutants.py",),
    ),
    Guarantee(
        "The versions that CI installs are pinned by hash, and so is every package that an install needs.",
        (
            "test_project.py::test_pinned_requirements_contain_no_url",
            "test_project.py::test_install_with_required_hashes_resolves",
            "test_project.py::test_sbom_lists_every_pinned_requirement_and_no_host",
        ),
    ),
    Guarantee(
        "No page and no hint installs the package by its name from an index, which may have another by that name.",
        ("test_extras.py",),
        ("an extra by the name of the package",),
    ),
]

MUTANTS: list[Mutant] = [
    Mutant(
        "an extra by the name of the package",
        "extras.py",
        "*(source or _requirements(installed.requires or [], extra))",
        'f"{NAME}[{extra}]"',
        "tests/test_extras.py::test_packages_are_named_if_the_origin_is_unknown_or_gone",
        'command_of(record, "keyring", monkeypatch) == f"{PIP} \'keyring>=25.2\'"',
    ),
]
