"""Unlockers: the ways to open the data key."""
