"""A YAML or JSON file -> plain values with their positions, or every problem of the file."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import DocumentError
from auditor.load.json_text import read_json
from auditor.load.parsed import Parsed, Position
from auditor.load.problem import Problem, Steps, refuse, without
from auditor.load.yaml_text import read_yaml

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A file, read: dict, list, str, int, bool and None (JSON may also hold floats); `data` are its bytes."""

    path: Path
    value: Any
    data: bytes
    text: str
    parsed: Parsed

    def position(self, steps: Steps) -> Position:
        """Return line and column (from 1) of a value, or of the nearest value around it that is there."""
        return _nearest(self.parsed.values, steps)

    def key_position(self, steps: Steps) -> Position:
        """Return line and column (from 1) of the key of a value, or of the value where it has no key."""
        return self.parsed.keys.get(steps) or self.position(steps)

    def problem(self, steps: Steps, text: str) -> Problem:
        """Return a problem with a value."""
        line, column = self.position(steps)
        return Problem(line=line, column=column, steps=self.parsed.names.get(steps, steps), text=text)

    def key_problem(self, steps: Steps, text: str) -> Problem:
        """Return a problem with a key."""
        line, column = self.key_position(steps)
        return Problem(line=line, column=column, steps=self.parsed.names.get(steps, steps), text=text)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise `DocumentError` with the parser's problems and these, but one only for each value; or do nothing."""
        own = self.parsed.problems
        refuse(self.path, [*own, *without(problems, own)])


def load_document(path: Path) -> Document:
    """Read a file as JSON (`.json`, or no YAML suffix and a `{` in front), else as YAML.

    Raises `DocumentError` with all problems: of the file, its encoding, its syntax, and of everything in it that
    readers of YAML take differently or that is not plain data.
    """
    document = read_document(path)
    document.refuse(())
    return document


def read_document(path: Path) -> Document:
    """Read a file as `load_document` does, but leave problems that do not stop the reading for `Document.refuse`.

    So that whoever reads the document goes on and finds the rest of what is wrong in it.
    """
    data = _bytes(path)
    text = _text(path, data)
    parsed = read_json(text) if _is_json(path, text) else read_yaml(text)
    if not parsed.is_whole:
        refuse(path, parsed.problems)
    return Document(path=path, value=parsed.value, data=data, text=text, parsed=parsed)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DocumentError([f"{path}: there is no such file; check the path"]) from None
    except IsADirectoryError:
        raise DocumentError([f"{path}: this is a folder; name a file in it"]) from None
    except (OSError, ValueError) as error:
        raise DocumentError([f"{path}: the file cannot be read: {error}; check its permissions"]) from error
    if len(data) > MAX_BYTES:
        raise DocumentError([f"{path}: the file is larger than {MAX_BYTES // 1024 // 1024} MiB; split it"])
    return data


def _text(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = data.count(b"\n", 0, error.start) + 1, error.start - data.rfind(b"\n", 0, error.start)
        text = "the file is not UTF-8 text from here on; save it as UTF-8"
        raise DocumentError([f"{path}:{line}:{column}: (top): {text}"]) from None


def _is_json(path: Path, text: str) -> bool:
    suffix = path.suffix.lower()
    return suffix == ".json" or (suffix not in {".yaml", ".yml"} and text.lstrip()[:1] == "{")


def _nearest(places: dict[Steps, Position], steps: Steps) -> Position:
    for length in range(len(steps), -1, -1):
        if found := places.get(steps[:length]):
            return found
    return 1, 1
