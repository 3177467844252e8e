"""Bulk API 2.0: jobs that are filled with CSV or with a query, worked off between polls, and read back as CSV."""
