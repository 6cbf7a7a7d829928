r"""Registry questions on a simulated server, answered as the reader on the server would.

Names are compared without regard to case. Keys exist when they, or keys below them, are described. A 32-bit reader
sees `HKLM\SOFTWARE` as `HKLM\SOFTWARE\Wow6432Node`; everything else is shared (windows-facts: "Registry views";
Microsoft, "Registry Keys Affected by WOW64": the exceptions below SOFTWARE are not simulated).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from auditor.lab.state import RawAnswer, RegistryKey, RegistryValue, ServerState
from auditor.model.question import Question
from auditor.model.value import Json

DENIED = {"state": "denied", "reason": "UnauthorizedAccessException 0x80070005"}
_SOFTWARE = "hklm\\software"
_WOW = "wow6432node"


def registry_value(state: ServerState, question: Question) -> RawAnswer:
    """Answer a `registry_value` question."""
    path = physical_path(question["hive"], question["key"], question["view"])
    if is_denied(state, path):
        return DENIED
    if not exists(state, path):
        return {"state": "absent", "what": "key"}
    value = find_value(state, path, question["name"])
    if value is None:
        return {"state": "absent", "what": "value"}
    return {"state": "observed", "data": {"type": value.type, "data": _on_the_wire(value)}}


def registry_key(state: ServerState, question: Question) -> RawAnswer:
    """Answer a `registry_key` question."""
    path = physical_path(question["hive"], question["key"], question["view"])
    if is_denied(state, path):
        return DENIED
    if not exists(state, path):
        return {"state": "absent", "what": "key"}
    key = find_key(state, path)
    data: dict[str, Json] = {
        "last_write": str(key.last_write if key else _newest_below(state, path)),
        "last_write_error": "",
        "values": [value.name for value in key.values] if key else [],
        "subkeys": list(subkeys(state, path)),
    }
    return {"state": "observed", "data": data}


def physical_path(hive: str, key: str, view: str) -> str:
    """Return the whole path of the key that a reader of this view really opens."""
    path = f"{hive}\\{key}".rstrip("\\")
    head, tail = path[: len(_SOFTWARE)], path[len(_SOFTWARE) :]
    redirected = view == "32" and head.lower() == _SOFTWARE and (not tail or tail.startswith("\\"))
    if not redirected or tail.lower().split("\\")[1:2] == [_WOW]:
        return path
    return f"{head}\\Wow6432Node{tail}"


def find_key(state: ServerState, path: str) -> RegistryKey | None:
    """Return the described key at a physical path."""
    return _index(_Same(state.registry)).keys.get(path.lower())


def find_value(state: ServerState, path: str, name: str) -> RegistryValue | None:
    """Return a value of the described key at a physical path."""
    return _index(_Same(state.registry)).values.get((path.lower(), name.lower()))


def subkeys(state: ServerState, path: str) -> Iterator[str]:
    """Yield the names directly below a physical path, each once, in the order they are described."""
    seen = set()
    for key in _below(state, path):
        name = key.path[len(path) + 1 :].split("\\")[0]
        if name.lower() not in seen:
            seen.add(name.lower())
            yield name


def exists(state: ServerState, path: str) -> bool:
    """Tell whether the key, or one below it, is described."""
    return path.lower() in _index(_Same(state.registry)).there


def is_denied(state: ServerState, path: str) -> bool:
    """Tell whether the key or one above it is denied; a denied parent here stands for inherited permissions."""
    lowered = path.lower() + "\\"
    return any(lowered.startswith(denied) for denied in _index(_Same(state.registry)).denied)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Index:
    """A registry by lower-case names; `there` has every key and those above it, `denied` paths with a backslash."""

    keys: Mapping[str, RegistryKey]
    values: Mapping[tuple[str, str], RegistryValue]
    there: frozenset[str]
    denied: tuple[str, ...]


class _Same:
    """A registry that equals only itself: hundreds of servers of a fleet have the same one, and it cannot be hashed."""

    def __init__(self, keys: tuple[RegistryKey, ...]) -> None:
        self.keys = keys

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.keys is self.keys

    def __hash__(self) -> int:
        return id(self.keys)


@lru_cache(maxsize=64)
def _index(registry: _Same) -> _Index:
    """Return the registry by names; where two have the same, the first one counts."""
    described = [(key.path.lower(), key) for key in reversed(registry.keys)]
    values = {(path, value.name.lower()): value for path, key in described for value in reversed(key.values)}
    parts = [path.split("\\") for path, _ in described]
    return _Index(
        keys=dict(described),
        values=values,
        there=frozenset("\\".join(names[:count]) for names in parts for count in range(1, len(names) + 1)),
        denied=tuple(f"{path}\\" for path, key in described if key.denied),
    )


def _below(state: ServerState, path: str) -> Iterator[RegistryKey]:
    prefix = path.lower() + "\\"
    return (key for key in state.registry if key.path.lower().startswith(prefix))


def _newest_below(state: ServerState, path: str) -> int:
    """Return a time for a key that is only implied: making a direct sub-key writes its parent."""
    return max(key.last_write for key in _below(state, path))


def _on_the_wire(value: RegistryValue) -> Json:
    return str(value.data) if value.type == "REG_QWORD" else value.data
