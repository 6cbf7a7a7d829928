"""Things stored once: a number for each name or digest, made when it is new."""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any

from sqlalchemy import Column, Connection, Table, select

from auditor.history.tables import add, chunks, next_key

_REMEMBERED = 200_000


class Shelf:
    """The numbers of one table's rows by the column that names them, remembered within one transaction."""

    def __init__(self, connection: Connection, table: Table, name: Column[Any]) -> None:
        self._connection = connection
        self._table = table
        self._name = name
        self._known: dict[Hashable, int] = {}
        self._next: int | None = None

    def numbers(
        self, names: Collection[Any], row: Callable[[Any], Mapping[str, Any]] = lambda _: {}
    ) -> Mapping[Any, int]:
        """Return the number of each name; `row` gives the other columns of those that are new."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        unseen = [name for name in dict.fromkeys(names) if name not in self._known]
        for chunk in chunks(unseen):
            found = self._connection.execute(select(self._name, self._table.c.key).where(self._name.in_(chunk)))
            self._known.update((name, key) for name, key in found)
        self._make([name for name in unseen if name not in self._known], row)
        return {name: self._known[name] for name in names}

    def _make(self, names: list[Any], row: Callable[[Any], Mapping[str, Any]]) -> None:
        if not names:
            return
        first = next_key(self._connection, self._table) if self._next is None else self._next
        numbered = dict(zip(names, range(first, first + len(names)), strict=True))
        add(
            self._connection,
            self._table,
            ({"key": key, self._name.name: name, **row(name)} for name, key in numbered.items()),
        )
        self._known.update(numbered)
        self._next = first + len(names)
