"""The REST resources, one file per family; none of them knows HTTP beyond status, headers and body."""
