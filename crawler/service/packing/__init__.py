"""The file that an officer carries: one deterministic zip that explains and checks itself."""
