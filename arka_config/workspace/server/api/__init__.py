"""The API below `/api/v1`: bearer tokens (RFC 6750) in, JSON and problem details (RFC 9457) out."""
