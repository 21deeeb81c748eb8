"""The help topics, written once, and the man pages and documentation that are made of them."""
