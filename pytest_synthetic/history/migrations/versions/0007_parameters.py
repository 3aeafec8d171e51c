"""The parameters of each run, by which alerts tell its variants apart; of those that are there none are known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column."""
    op.add_column("run", sa.Column("parameters", sa.Text(), nullable=True))
