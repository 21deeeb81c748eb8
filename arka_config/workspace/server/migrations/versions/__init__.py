"""One module for each change of the tables, in the order that `down_revision` gives."""
