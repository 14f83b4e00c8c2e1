"""Events of devices have an id of their own, by whichever way they come, and are handed on to the MQTT broker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device_events", sa.Column("event_id", sa.String(length=64), nullable=True))
    op.add_column("device_events", sa.Column("to_publish", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_device_events_id", "device_events", ["device_id", "event_id"], unique=True)
    op.create_index("ix_device_events_kind", "device_events", ["device_id", "kind", "time"])
    op.create_index("ix_device_events_to_publish", "device_events", ["time"], sqlite_where=sa.text("to_publish"),
                    postgresql_where=sa.text("to_publish"))
