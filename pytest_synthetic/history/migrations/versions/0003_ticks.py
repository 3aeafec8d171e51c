"""What schedulers share: which journeys are watched, and who runs which tick."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, and the way from a tick to its runs."""
    op.create_table(
        "watched",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("upto_ms", sa.BigInteger(), nullable=True),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "region"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tick",
        sa.Column("journey", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("lasts_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "region", "at_ms"),
        sqlite_with_rowid=False,
    )
    still_open, asked_for = sa.text("state <> 'done'"), sa.text("scheduled_ms IS NOT NULL")
    op.create_index("tick_open", "tick", ["until_ms"], sqlite_where=still_open, postgresql_where=still_open)
    op.create_index(
        "run_by_tick", "run", ["scheduled_ms", "journey_id"], sqlite_where=asked_for, postgresql_where=asked_for
    )
