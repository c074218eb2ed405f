"""Alembic's entry: runs on the connection that `server.migrate` hands over."""

from __future__ import annotations

from alembic import context

from server.migrate import all_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=all_tables(),
    compare_type=True,
    # `server.migrate` owns the transaction: all revisions of one upgrade succeed together or not at all.
    transactional_ddl=False,
)
context.run_migrations()
