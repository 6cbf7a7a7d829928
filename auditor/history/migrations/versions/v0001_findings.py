"""Runs, and the findings as intervals."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str, target: str = "") -> "sa.Column[int]":
    references = [sa.ForeignKey(f"auditor_{target}.key")] if target else []
    return sa.Column(name, _KEY, *references, primary_key=True, autoincrement=False)


def _count(name: str) -> "sa.Column[int]":
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _text(name: str, *, unique: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=False, unique=unique)


def _digest() -> "sa.Column[bytes]":
    return sa.Column("digest", sa.LargeBinary(), nullable=False, unique=True)


def upgrade() -> None:
    """Make the tables of runs and findings."""
    op.create_table("auditor_coverages", _key("key"), _digest())
    _runs()
    op.create_table(
        "auditor_subjects", _key("key"), _text("host"), _text("policy"), sa.UniqueConstraint("host", "policy")
    )
    op.create_table("auditor_checks", _key("key"), _text("name", unique=True))
    op.create_table(
        "auditor_covered", _key("coverage", "coverages"), _key("subject", "subjects"), sqlite_with_rowid=False
    )
    op.create_table(
        "auditor_states",
        _key("key"),
        _digest(),
        *(_text(name) for name in ("verdict", "actual", "reason", "waiver")),
    )
    _intervals()
    _judged()


def downgrade() -> None:
    """Drop everything."""
    for name in ("judged", "intervals", "states", "covered", "checks", "subjects", "runs", "coverages"):
        op.drop_table(f"auditor_{name}")


def _runs() -> None:
    op.create_table(
        "auditor_runs",
        _key("key"),
        _text("id", unique=True),
        _text("state"),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("finished", sa.BigInteger()),
        sa.Column("version", sa.Text(), nullable=False, server_default=""),
        sa.Column("evidence_of", sa.Text(), nullable=False, server_default=""),
        sa.Column("coverage", _KEY, sa.ForeignKey("auditor_coverages.key")),
        *(_count(name) for name in ("servers_planned", "servers_judged", "checks_planned", "checks_judged")),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("exit_reason", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("ix_auditor_runs_coverage", "auditor_runs", ["coverage"])


def _intervals() -> None:
    op.create_table(
        "auditor_intervals",
        _key("subject", "subjects"),
        _key("check", "checks"),
        _key("first", "runs"),
        sa.Column("last", _KEY, sa.ForeignKey("auditor_runs.key")),
        sa.Column("state", _KEY, sa.ForeignKey("auditor_states.key"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_auditor_intervals_state", "auditor_intervals", ["state"])


def _judged() -> None:
    op.create_table(
        "auditor_judged",
        _key("run", "runs"),
        sa.Column("policy", sa.Text(), primary_key=True),
        _text("version"),
        _text("digest"),
        *(_count(name) for name in ("pass", "warn", "fail", "error", "not_applicable", "waived")),
        sqlite_with_rowid=False,
    )
