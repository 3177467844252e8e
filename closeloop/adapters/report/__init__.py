"""Renders the report's figures for people: one self-contained HTML page."""
