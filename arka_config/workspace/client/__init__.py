"""The client of a workspace: who a token belongs to, and the issuing, rotating and revoking of tokens."""
