"""`config`: the settings, and where their values come from."""
