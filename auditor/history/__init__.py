"""History: what was found, since when and how often, in SQLite or PostgreSQL; the only room that knows SQLAlchemy."""
