"""Understanding replies offline, by rules that a person can read and change: `rules/<language>.yaml`."""
