"""Every guarantee and every mutant, by area."""

from tests.guarantees.areas import (
    automation,
    database,
    leaks,
    lifecycle,
    network,
    operation,
    output,
    project,
    sealing,
    server,
    store,
    templates,
    verifiers,
)

AREAS = (
    store,
    lifecycle,
    output,
    network,
    verifiers,
    sealing,
    templates,
    server,
    operation,
    automation,
    database,
    leaks,
    project,
)
GUARANTEES = [guarantee for area in AREAS for guarantee in area.GUARANTEES]
MUTANTS = [mutant for area in AREAS for mutant in area.MUTANTS]
