"""The JSON that each command prints, as types. They are for mypy, tests and the generated reference: nothing imports
them at run time."""
