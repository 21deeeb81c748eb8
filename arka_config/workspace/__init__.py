"""Workspaces: the API that issues and verifies tokens. `client` calls it, `server` serves it."""
