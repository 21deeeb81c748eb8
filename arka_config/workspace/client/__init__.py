"""The client of a workspace: verify, issue, rotate and revoke tokens."""
