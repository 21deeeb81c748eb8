"""Token references: a profile that names where its token is (a variable, a file, a helper) instead of storing it."""
