"""`tokens`: list, create and revoke tokens through the workspace's API."""
