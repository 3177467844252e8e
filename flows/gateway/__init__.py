"""The gateway: webhooks come in, are stored once in our inbox, and only then acknowledged."""
