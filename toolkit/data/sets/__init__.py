"""The sets that are known by name: where each may come from, and the hashes of its files."""
