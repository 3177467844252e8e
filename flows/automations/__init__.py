"""Automations that come with Closeloop. Each exists once on a server, and people's changes to it stay."""
