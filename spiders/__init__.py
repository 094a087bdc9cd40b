"""Walking: which addresses of a site to ask, and what came of it."""
