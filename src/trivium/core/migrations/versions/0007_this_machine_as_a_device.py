"""One device may be the machine that the studio runs on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ONE = "here AND revoked_at IS NULL"


def upgrade() -> None:
    op.add_column("devices", sa.Column("here", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_devices_here", "devices", ["here"], unique=True, sqlite_where=sa.text(ONE),
                    postgresql_where=sa.text(ONE))
