"""Which journey blocked a run, by which alerts hang it there; of those that are there it is not known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column."""
    op.add_column("run", sa.Column("blocked_by", sa.Text(), nullable=True))
