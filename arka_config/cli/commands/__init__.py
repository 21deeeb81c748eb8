"""One file per command: the path is the command."""
