"""The chain of sealed exports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of exports."""
    op.create_table(
        "auditor_exports",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("envelope", sa.Text(), nullable=False, unique=True),
        sa.Column("run", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Drop the chain."""
    op.drop_table("auditor_exports")
