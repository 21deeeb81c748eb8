"""`export`: a profile as another program reads it."""
