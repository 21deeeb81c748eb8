"""`tokens`: the tokens of the workspace, through its API."""
