"""One key of the registry: when it was last written, and the names in it."""

from auditor.model.question import Question, ask
from auditor.model.reader import Reader
from auditor.model.value import Json
from auditor.readers.shape import decimal, items, record, text
from auditor.readers.source import powershell


def registry_key(*, hive: str, key: str, view: str = "64") -> Question:
    """Ask for a key; the parameters are those of `registry_value`.

    Observed: `{"last_write": "<FILETIME>", "last_write_error": "", "values": [...], "subkeys": [...]}`, where
    the FILETIME (100 ns since 1601, UTC) is a decimal string, or null with the reason in `last_write_error`.
    It moves when any value of the key, or its set of direct sub-keys, changes. Absent: `key`.
    """
    return ask("registry_key", hive=hive, key=key, view=view)


def check(data: Json) -> Json:
    """Return the key as documented; exactly one of time and error is there."""
    fields = record(data, "registry_key", {"last_write", "last_write_error", "values", "subkeys"})
    error = text(fields["last_write_error"], "registry_key.last_write_error")
    return {
        "last_write": None if error else str(decimal(fields["last_write"], "registry_key.last_write")),
        "last_write_error": error,
        "values": items(fields["values"], "registry_key.values", text),
        "subkeys": items(fields["subkeys"], "registry_key.subkeys", text),
    }


READER = Reader(
    kind="registry_key",
    parameters=("hive", "key", "view"),
    absent=("key",),
    powershell=powershell("registry_key"),
    check=check,
)
