"""Alembic's door: the connection comes from `crawler.store.database.migrate`."""

from alembic import context

from crawler.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
context.run_migrations()
