"""`profiles`: list, create, change and remove profiles."""
