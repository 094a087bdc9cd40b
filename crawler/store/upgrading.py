"""Alembic, for a store that is not at the newest schema yet."""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from crawler.domain.errors import BadInput
from crawler.store.database import MIGRATIONS, Connection, newest_version, schema_version


def upgrade(db: Connection) -> None:
    """Every migration that is missing. BadInput for a store that a newer program wrote."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = db
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise BadInput(
            f"数据库由更新的版本写过（第 {schema_version(db)} 版，本程序只到第 {newest_version()}"
            " 版），没有改动它；请换用当时的或更新的程序"
        ) from None
