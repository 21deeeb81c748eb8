"""The pages: sign-in, tokens, billing. Only the copy button needs JavaScript."""
