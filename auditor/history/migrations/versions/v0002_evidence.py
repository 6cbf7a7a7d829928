"""Evidence, each answer stored once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> "sa.Column[int]":
    return sa.Column("key", _KEY, primary_key=True, autoincrement=False)


def _digest() -> "sa.Column[bytes]":
    return sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True)


def upgrade() -> None:
    """Make the tables of evidence."""
    op.create_table("auditor_questions", _key(), _digest(), sa.Column("spelling", sa.Text(), nullable=False))
    for name in ("answers", "manifests"):
        content = sa.Column("content", sa.LargeBinary(), nullable=False)
        op.create_table(f"auditor_{name}", _key(), _digest(), content)
    op.create_table(
        "auditor_latest",
        sa.Column("host", sa.Text(), primary_key=True),
        sa.Column("manifest", _KEY, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "auditor_visits",
        sa.Column("run", _KEY, sa.ForeignKey("auditor_runs.key"), primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop the evidence."""
    for name in ("visits", "latest", "manifests", "answers", "questions"):
        op.drop_table(f"auditor_{name}")
