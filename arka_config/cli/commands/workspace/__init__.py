"""The commands of `workspace`."""
