"""The API under `/api/v1`: bearer tokens (RFC 6750), JSON, and problem details (RFC 9457)."""
