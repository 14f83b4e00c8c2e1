"""Alembic's entry point; the connection is handed over by ``trivium.core.db``, there is no configuration file."""

from __future__ import annotations

from alembic import context

from trivium.core.records import Record

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Record.metadata, render_as_batch=True
)
context.run_migrations()
