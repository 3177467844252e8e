"""Reading the playbook file: every mistake in it is named with its place, in one go."""
