"""`config`: every setting, and where it came from."""
