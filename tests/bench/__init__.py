"""What a page costs, beside the naive pipeline and crawlee: `make bench`."""
