"""The tables, as the newest migration leaves them. Moments are whole seconds since 1970: SQLite loses time zones."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Dialect,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    func,
    insert,
    select,
)
from sqlalchemy.types import TypeEngine

REVISIONS = ("0001", "0002", "0003")
"""Every version of the tables, oldest first; the last is the one this program works with."""

VERSION_TABLE = "auditor_version"
PREFIX = "auditor_"
"""What every table's name begins with: a PostgreSQL database may hold other programs' tables."""

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
CHUNK = 500
_MARK = "\x01"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_T = TypeVar("_T")

Key = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY is SQLite's own row number


class ExactText(TypeDecorator[str]):
    """Any Python text, read back exactly.

    PostgreSQL refuses U+0000, and UTF-8 refuses lone surrogates, which names on Windows can hold: such a text is
    stored as U+0001 and its JSON string.
    """

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002  a fixed signature
        """Return the text as it is stored."""
        if value is None or not (value.startswith(_MARK) or _UNSTORABLE.search(value)):
            return value
        return _MARK + json.dumps(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ARG002  a fixed signature
        """Return the text as it was given."""
        if value is None or not value.startswith(_MARK):
            return value
        return str(json.loads(value[1:]))


METADATA = MetaData(naming_convention=NAMES)


def _key() -> Column[Any]:
    return Column("key", Key, primary_key=True, autoincrement=False)


def _part_of_key(name: str, target: str) -> Column[Any]:
    return Column(name, Key, ForeignKey(f"{PREFIX}{target}.key"), primary_key=True, autoincrement=False)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default="0")


COVERAGES = Table(f"{PREFIX}coverages", METADATA, _key(), Column("digest", LargeBinary, unique=True, nullable=False))

RUNS = Table(
    f"{PREFIX}runs",
    METADATA,
    _key(),  # the start in milliseconds, counted up until it is unique: runs sort by it
    Column("id", Text, unique=True, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", BigInteger, nullable=False),
    Column("finished", BigInteger),
    Column("version", Text, nullable=False, server_default=""),
    Column("evidence_of", Text, nullable=False, server_default=""),
    Column("coverage", Key, ForeignKey(COVERAGES.c.key), index=True),
    _number("servers_planned"),
    _number("servers_judged"),
    _number("checks_planned"),
    _number("checks_judged"),
    Column("exit_code", Integer),
    Column("exit_reason", ExactText, nullable=False, server_default=""),
)

SUBJECTS = Table(
    f"{PREFIX}subjects",
    METADATA,
    _key(),
    Column("host", ExactText, nullable=False),
    Column("policy", ExactText, nullable=False),
    UniqueConstraint("host", "policy"),
)

CHECKS = Table(f"{PREFIX}checks", METADATA, _key(), Column("name", ExactText, unique=True, nullable=False))

COVERED = Table(
    f"{PREFIX}covered",
    METADATA,
    _part_of_key("coverage", "coverages"),
    _part_of_key("subject", "subjects"),
    sqlite_with_rowid=False,
)

STATES = Table(
    f"{PREFIX}states",
    METADATA,
    _key(),
    Column("digest", LargeBinary, unique=True, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("actual", ExactText, nullable=False),
    Column("reason", ExactText, nullable=False),
    Column("waiver", ExactText, nullable=False),
)

INTERVALS = Table(
    f"{PREFIX}intervals",
    METADATA,
    _part_of_key("subject", "subjects"),
    _part_of_key("check", "checks"),
    _part_of_key("first", "runs"),
    Column("last", Key, ForeignKey(RUNS.c.key)),
    Column("state", Key, ForeignKey(STATES.c.key), nullable=False, index=True),
    sqlite_with_rowid=False,
)

JUDGED = Table(
    f"{PREFIX}judged",
    METADATA,
    _part_of_key("run", "runs"),
    Column("policy", ExactText, primary_key=True),
    Column("version", ExactText, nullable=False),
    Column("digest", Text, nullable=False),
    *(_number(name) for name in ("pass", "warn", "fail", "error", "not_applicable", "waived")),
    sqlite_with_rowid=False,
)

QUESTIONS = Table(
    f"{PREFIX}questions",
    METADATA,
    _key(),
    Column(
        "digest", LargeBinary, unique=True, nullable=False
    ),  # of the spelling, which can be longer than an index takes
    Column("spelling", Text, nullable=False),
)

ANSWERS = Table(
    f"{PREFIX}answers",
    METADATA,
    _key(),
    Column("digest", LargeBinary, unique=True, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

MANIFESTS = Table(
    f"{PREFIX}manifests",
    METADATA,
    _key(),
    Column("digest", LargeBinary, unique=True, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

LATEST = Table(
    f"{PREFIX}latest",
    METADATA,
    Column("host", ExactText, primary_key=True),
    Column("manifest", Key, nullable=False),
    sqlite_with_rowid=False,
)

VISITS = Table(
    f"{PREFIX}visits",
    METADATA,
    _part_of_key("run", "runs"),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

EXPORTS = Table(
    f"{PREFIX}exports",
    METADATA,
    _key(),
    Column("envelope", Text, unique=True, nullable=False),
    Column("run", Text, nullable=False),
)


def next_key(connection: Connection, table: Table) -> int:
    """Return a key that no row has; sound because only one transaction writes at a time."""
    newest: int | None = connection.execute(select(func.max(table.c.key))).scalar()
    return (newest or 0) + 1


def add(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows, all with the same columns, however many, also none."""
    for chunk in chunks(rows, 20 * CHUNK):
        if len(chunk) <= CHUNK:
            connection.execute(insert(table), chunk)
        else:
            _add_many(connection, table, chunk)


def _add_many(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows by the driver: a fleet's first night is 300,000, and SQLAlchemy looks at each value of each."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    values = _as_stored(connection.dialect, table, rows)
    if connection.dialect.name == "postgresql":  # whose driver is slow, too, but for COPY
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as copy:
            for row in values:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(rows[0]))
        connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({columns}) VALUES ({places})', list(values))  # noqa: S608  our own names


def _as_stored(dialect: Dialect, table: Table, rows: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each row as the columns' types give them to the driver."""
    types = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in rows[0]]
    for row in rows:
        pairs = zip(row.values(), types, strict=True)
        yield tuple(value if process is None else process(value) for value, process in pairs)


def chunks(items: Iterable[_T], size: int = CHUNK) -> Iterable[list[_T]]:
    """Yield the items in lists small enough for one statement's parameters."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
