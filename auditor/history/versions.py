"""Which version a store is, and how it is made or brought to the newest one."""

from enum import Enum
from importlib.resources import files
from shlex import quote

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, text

from auditor.history.database import Database, explained
from auditor.history.records import StoreError
from auditor.history.tables import METADATA, PREFIX, REVISIONS, VERSION_TABLE

_VERSION = Table(
    VERSION_TABLE,
    MetaData(),  # Alembic's own table, which no migration makes
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


class Standing(Enum):
    """How a store relates to this program."""

    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


def standing(connection: Connection, database: Database) -> Standing:
    """Return how the store relates to this program; asks two things of it."""
    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        ours_alone = database.creates_itself
        strange = any(ours_alone or name.startswith(PREFIX) for name in tables)
        return Standing.FOREIGN if strange else Standing.EMPTY
    version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  a constant
    if version is None:
        return Standing.EMPTY
    if version == REVISIONS[-1]:
        return Standing.CURRENT
    return Standing.OLDER if version in REVISIONS else Standing.NEWER


def require_current(connection: Connection, database: Database) -> None:
    """Raise `StoreError`, with the command to run, unless the store is of this program's version."""
    command = f"`auditor store upgrade --store {quote(database.shown)}`"
    match standing(connection, database):
        case Standing.EMPTY:
            raise StoreError(f"{database.shown}: this database holds no history yet; make it with {command}")
        case Standing.OLDER:
            raise StoreError(f"{database.shown}: this history is of an older version; back it up, then run {command}")
        case Standing.NEWER:
            raise StoreError(f"{database.shown}: this history is of a newer auditor; update this one to use it")
        case Standing.FOREIGN:
            raise StoreError(f"{database.shown}: this database is another program's; name another one with --store")
        case Standing.CURRENT:
            return


def make_if_empty(database: Database) -> None:
    """Make the tables of a store that is empty, at once or not at all, however many processes try."""
    database.prepare()
    with database.writing() as connection:
        if standing(connection, database) is Standing.EMPTY:
            _make(connection)


def upgrade_store(database: Database) -> bool:
    """Bring the store to this program's version, in one transaction; return whether there was anything to do."""
    with explained(database):
        database.prepare()
        with database.writing() as connection:
            match standing(connection, database):
                case Standing.CURRENT:
                    return False
                case Standing.NEWER | Standing.FOREIGN:
                    require_current(connection, database)
                case Standing.EMPTY | Standing.OLDER:
                    _migrate(connection)
    return True


def _make(connection: Connection) -> None:
    """Make the newest tables, exactly as the migrations would one after the other, but without Alembic."""
    METADATA.create_all(connection, checkfirst=False)
    _VERSION.create(connection, checkfirst=True)
    connection.execute(insert(_VERSION).values(version_num=REVISIONS[-1]))


def _migrate(connection: Connection, version: str = "head") -> None:
    from alembic import command  # noqa: PLC0415  a tenth of a second that only this needs
    from alembic.config import Config  # noqa: PLC0415  same

    config = Config()
    config.set_main_option("script_location", str(files("auditor.history") / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)
