"""Words: what is looked for, found, weighed."""
