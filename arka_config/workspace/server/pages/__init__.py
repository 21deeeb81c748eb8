"""The pages: sign-in, tokens, billing. They are whole without a script, but for the copy button."""
