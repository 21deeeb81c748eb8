"""Profiles, tokens, the selection and locks on disk. Standard library only; tomli-w and tomlkit when writing TOML."""
