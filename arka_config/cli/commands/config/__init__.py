"""`config`: the settings and where their values come from, and the preferences in config.toml."""
