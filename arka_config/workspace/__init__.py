"""The workspace: `client/` speaks to one, `server/` is one."""
