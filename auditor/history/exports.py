"""The chain of sealed exports: each names the one before it by the SHA-256 of its envelope."""

from sqlalchemy import Connection, insert, select

from auditor.history.tables import EXPORTS, next_key


class Link:
    """Where the next export joins the chain."""

    def __init__(self, previous: str) -> None:
        self.previous = previous
        """SHA-256 of the envelope of the export before, hexadecimal; empty for the first."""
        self._made: tuple[str, str] | None = None

    def sealed(self, envelope: str, run: str) -> None:
        """Say which envelope (SHA-256) was made, and of which run."""
        self._made = envelope, run

    @property
    def made(self) -> tuple[str, str] | None:
        """Envelope and run of what was made, None when nothing was."""
        return self._made


def newest(connection: Connection) -> str:
    """Return the envelope of the newest export, empty when there is none."""
    found = connection.execute(select(EXPORTS.c.envelope).order_by(EXPORTS.c.key.desc()).limit(1)).scalar()
    return str(found or "")


def add(connection: Connection, link: Link) -> None:
    """Make what was made the newest export."""
    if link.made is not None:
        envelope, run = link.made
        connection.execute(insert(EXPORTS).values(key=next_key(connection, EXPORTS), envelope=envelope, run=run))
