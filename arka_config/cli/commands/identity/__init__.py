"""`identity`: the key that opens what was sealed for this machine."""
