"""The foundation, frozen: its tables as they were, in the words of each engine, and triggers that
keep the audit append-only. What changes later is a migration of its own.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQLITE_TRIGGERS = tuple(
    f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
    for act in ("UPDATE", "DELETE")
)
_POSTGRESQL_TRIGGERS = (
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
    "CREATE TRIGGER audit_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    engine = connection.dialect.name
    tables = Path(__file__).with_name(f"v0001_{engine}.sql").read_text("utf-8").split(";\n")
    triggers = _SQLITE_TRIGGERS if engine == "sqlite" else _POSTGRESQL_TRIGGERS
    for statement in (*filter(str.strip, tables), *triggers):
        connection.exec_driver_sql(statement)
