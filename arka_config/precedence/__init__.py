"""The one definition of who wins: flag, environment, profile, default. Standard library only."""
