"""Answers that no server should give, and the server that gives them."""
