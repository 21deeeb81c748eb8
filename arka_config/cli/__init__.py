"""The command line: commands, the runtime that runs them, and the toolkit for other CLIs. Nothing below imports it."""
