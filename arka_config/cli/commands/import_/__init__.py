"""`import`: a token taken over from another program."""
