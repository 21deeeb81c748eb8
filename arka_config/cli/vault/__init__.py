"""The commands of `vault`."""
