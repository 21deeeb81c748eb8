"""Parsers for simple JSON and TOML: faster to import than the standard library's, which take the rest."""
