"""Every illness, by name, in the order of the checks."""

from __future__ import annotations

from tests.doctor import (
    illnesses_of_choice,
    illnesses_of_contents,
    illnesses_of_elsewhere,
    illnesses_of_files,
    illnesses_of_tokens,
)
from tests.doctor.illness import ILLNESSES, NODE

__all__ = [
    "ILLNESSES",
    "NODE",
    "illnesses_of_choice",
    "illnesses_of_contents",
    "illnesses_of_elsewhere",
    "illnesses_of_files",
    "illnesses_of_tokens",
]
