"""The workspace, which issues, lists and revokes tokens: `server/` is one, `client/` speaks to one."""
