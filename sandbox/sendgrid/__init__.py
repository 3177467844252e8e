"""A local SendGrid: the v3 mail API, suppressions and webhooks, with the documented limits and messages."""
