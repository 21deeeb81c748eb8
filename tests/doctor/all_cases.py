"""The registry with every case in it."""

from __future__ import annotations

from tests.doctor import cases_of_files, cases_of_tokens
from tests.doctor.problem_cases import CASES

__all__ = ["CASES", "cases_of_files", "cases_of_tokens"]
