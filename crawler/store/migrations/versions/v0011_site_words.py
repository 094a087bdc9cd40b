"""SQLite finds a site by its words in an index. PostgreSQL reads the names through.

Fed by triggers, so that whoever writes a site cannot forget it: every two characters that touch
are one word of it, in hexadecimal. That finds a Chinese word of two, which trigrams cannot; a
longer one is a phrase. 0010 and older stores are filled at once. A site is never deleted.
"""

from alembic import op

revision = "0011"
down_revision = "0010"

_SAID = (
    "lower({0}domain || char(10) || iif({0}domain_shown = {0}domain, '', {0}domain_shown)"
    " || char(10) || {0}unit_name)"
)
# LIMIT keeps the planner from putting the text together anew for every pair of it
_PAIRS = (
    "(SELECT group_concat(hex(substr(said, n, 2)), ' ')"
    f" FROM (SELECT {_SAID} AS said, length({_SAID}) AS ends LIMIT 1)"
    " CROSS JOIN site_words_at WHERE n < ends)"
)
_NAMES = ("domain", "domain_shown", "unit_name")
_RENAMED = " OR ".join(f"old.{name} IS NOT new.{name}" for name in _NAMES)
_LONGEST = 253 + 253 + 500 + 2  # what the columns hold
_STATEMENTS = (
    "CREATE VIRTUAL TABLE site_words USING fts5(pairs, content='', tokenize='ascii')",
    "CREATE TABLE site_words_at (n INTEGER PRIMARY KEY)",
    "INSERT INTO site_words_at WITH RECURSIVE places(n) AS"
    f" (SELECT 1 UNION ALL SELECT n + 1 FROM places WHERE n < {_LONGEST}) SELECT n FROM places",
    f"INSERT INTO site_words(rowid, pairs) SELECT id, {_PAIRS.format('sites.')} FROM sites",
    "CREATE TRIGGER site_words_new AFTER INSERT ON sites BEGIN"
    f" INSERT INTO site_words(rowid, pairs) VALUES (new.id, {_PAIRS.format('new.')}); END",
    f"CREATE TRIGGER site_words_renamed AFTER UPDATE OF {', '.join(_NAMES)} ON sites"
    f" WHEN {_RENAMED} BEGIN"
    " INSERT INTO site_words(site_words, rowid, pairs)"
    f" VALUES ('delete', old.id, {_PAIRS.format('old.')});"
    f" INSERT INTO site_words(rowid, pairs) VALUES (new.id, {_PAIRS.format('new.')}); END",
)


def upgrade() -> None:
    """A table beside, and what keeps it; how many sites are watched is counted in an index."""
    op.create_index("ix_sites_region_state", "sites", ["region", "state"])
    op.drop_index("ix_sites_region", "sites")
    if op.get_bind().dialect.name == "sqlite":
        for statement in _STATEMENTS:
            op.get_bind().exec_driver_sql(statement)
