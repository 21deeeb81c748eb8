"""What is read from the user: tokens, passphrases, choices."""
