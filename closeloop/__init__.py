"""Closeloop: a B2B sales process as code. Read `closeloop.domain` first; it is the process."""
