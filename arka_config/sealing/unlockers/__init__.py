"""What opens the data key: one file per kind of unlocker."""
