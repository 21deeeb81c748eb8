"""Searching files, git objects and shell histories for tokens."""
