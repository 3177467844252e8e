"""The web inbox: what was sent and what came back, for people to read."""
