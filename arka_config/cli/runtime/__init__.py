"""From arguments to exit code: the runner, the command tree, and one run's session."""
