"""The `identity` commands: the key that opens tokens sealed for this machine."""
