"""The console: pages for officers, supervisors, ops, auditors and administrators.

A page is one module with a tuple `ROUTES`, its templates, and one line in `PAGES` of `app.py`;
README.md beside this file says how, and holds the table of who may do what.
"""
