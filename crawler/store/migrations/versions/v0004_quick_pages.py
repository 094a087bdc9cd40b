"""What lets a page of the console cost what is on it: indexes in the order in which pages are read,
the level of a site's last judgement beside its outcome, and the account of each finished sweep.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SITES = (
    ("ix_sites_state_due_why_due_at_region", "state, due_why, due_at, region", ""),
    (
        "ix_sites_domain_region_unit_name_domain_shown",
        "domain, region, unit_name, domain_shown",
        "",
    ),
    ("ix_sites_last_outcome_domain_region", "last_outcome, domain, region", ""),
    ("ix_sites_last_level_domain_region", "last_level, domain, region", ""),
    (
        "ix_sites_unpictured",
        "domain, region, state, last_seen_at, last_picture_at",
        " WHERE last_seen_at IS NOT NULL AND last_picture_at IS NULL",
    ),
)
_PICTURES = (
    ("taken_at", "capture_id"),
    ("region", "taken_at", "capture_id"),
    ("sweep_id", "taken_at", "capture_id"),
    ("site_id", "taken_at", "capture_id"),
    ("visit_id",),
)
_DRAWN = """
INSERT INTO pictures (capture_id, site_id, visit_id, sweep_id, region, taken_at)
SELECT captures.id, captures.site_id, captures.visit_id, visits.sweep_id, captures.region,
    captures.ended_at
FROM captures JOIN visits ON visits.id = captures.visit_id
WHERE captures.fetcher = 'browser' AND captures.profile = 'desktop'
    AND captures.outcome IN ('seen', 'partial', 'empty')
"""
_LEVELS = """
UPDATE sites SET last_level = coalesce((
    SELECT assessments.level FROM assessments
    WHERE assessments.current AND assessments.visit_id = (
        SELECT max(visits.id) FROM visits
        WHERE visits.site_id = sites.id AND visits.outcome <> ''
    )
), '')
"""
_COUNTS = """
INSERT INTO sweep_counts (sweep_id, region, outcome, visits)
SELECT visits.sweep_id, visits.region, visits.outcome, count(*)
FROM visits JOIN sweeps ON sweeps.id = visits.sweep_id
WHERE sweeps.state = 'finished'
GROUP BY visits.sweep_id, visits.region, visits.outcome
"""


def upgrade() -> None:
    """Tables, a column, indexes; what is known already is filled in."""
    level = sa.Column("last_level", sa.String(10), nullable=False, server_default="")
    op.add_column("sites", level)
    op.execute(_LEVELS)
    _counts()
    _pictures()
    op.drop_index("ix_sites_state_due_at", "sites")
    for name, columns, rows in _SITES:
        op.execute(f"CREATE INDEX {name} ON sites ({columns}){rows}")
    op.create_index(
        "ix_assessments_level",
        "assessments",
        ["level", "visit_id"],
        sqlite_where=sa.text("current = 1"),  # as SQLAlchemy asks each engine
        postgresql_where=sa.text("current"),
    )


def _counts() -> None:
    op.create_table(
        "sweep_counts",
        sa.Column("sweep_id", sa.Integer, sa.ForeignKey("sweeps.id"), nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", "region", "outcome", name="pk_sweep_counts"),
    )
    op.execute(_COUNTS)


def _pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("capture_id", sa.String(26), sa.ForeignKey("captures.id"), nullable=False),
        sa.Column("site_id", sa.Integer, sa.ForeignKey("sites.id"), nullable=False),
        sa.Column("visit_id", sa.Integer, sa.ForeignKey("visits.id"), nullable=False),
        sa.Column("sweep_id", sa.Integer, nullable=False),
        sa.Column("region", sa.String(6), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("capture_id", name="pk_pictures"),
    )
    op.execute(_DRAWN)
    for columns in _PICTURES:
        op.create_index(f"ix_pictures_{'_'.join(columns)}", "pictures", list(columns))
