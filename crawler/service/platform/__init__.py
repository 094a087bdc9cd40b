"""For those who connect a platform: a stand-in of it, and probes of the real one."""
