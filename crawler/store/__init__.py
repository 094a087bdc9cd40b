"""Memory: the only SQL, and the evidence files."""
