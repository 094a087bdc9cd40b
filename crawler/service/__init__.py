"""Starts and shows: wiring, pipeline, sweeping, command line. Imported by nobody."""
