"""Search: every distinct text, findable."""
