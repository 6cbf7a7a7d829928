"""Run by Alembic: migrates the connection it is given, within the transaction that is open on it."""

from alembic import context

from auditor.history.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,  # SQLite alters a table by making it anew
    transactional_ddl=True,  # true of both engines as they are opened here; Alembic doubts it of SQLite
)
with context.begin_transaction():
    context.run_migrations()
