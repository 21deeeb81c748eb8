"""Precedence, in one place: flag, environment, profile, default. Standard library only."""
