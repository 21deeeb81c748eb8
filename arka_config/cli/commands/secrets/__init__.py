"""`secrets`: secrets other than the token, kept in the token store."""
