"""Lead files in, and the invented sample of them: every row of a file is either a lead or has a reason."""
