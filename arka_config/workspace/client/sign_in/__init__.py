"""Signing in through the browser: a public client of an authorization server (RFC 6749)."""
