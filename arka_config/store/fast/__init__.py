"""Fast readers and writers for the plain subset of TOML and JSON that this package writes itself."""
