"""The `completion` commands."""
