"""`profiles`: list, make, change and remove them."""
