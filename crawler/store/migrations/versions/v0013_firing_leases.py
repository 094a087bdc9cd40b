"""Until when a firing or a look at one site is its runner's; one firing at a time a schedule."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_GOING = sa.text("state IN ('waiting', 'running')")
# two who looked at once made two: what runs, else the older, stays
_SETTLED = """
UPDATE firings SET
    state = CASE WHEN sweep_id IS NULL THEN 'skipped' ELSE 'stopped' END,
    reason = '同一计划另有一次没有结束',
    ended_at = fire_at
WHERE state IN ('waiting', 'running') AND id NOT IN (
    SELECT ranked.id FROM (
        SELECT id, row_number() OVER (PARTITION BY schedule_id ORDER BY state, id) AS place
        FROM firings WHERE state IN ('waiting', 'running')
    ) AS ranked WHERE ranked.place = 1
)
"""


def upgrade() -> None:
    """Two columns and an index; rows that it would refuse are settled first."""
    for table in ("firings", "recaptures"):
        op.add_column(table, sa.Column("lease_until", sa.DateTime(timezone=True)))
    op.execute(_SETTLED)
    op.create_index(
        "uq_firings_going",
        "firings",
        ["schedule_id"],
        unique=True,
        sqlite_where=_GOING,
        postgresql_where=_GOING,
    )
