"""A stream of a connection that tells how many bytes pass."""

from collections.abc import Callable
from io import BufferedIOBase
from typing import Any


class Counted(BufferedIOBase):
    """Another stream, of which `count` is told each number of bytes that was read or written."""

    def __init__(self, stream: BufferedIOBase, count: Callable[[int], None]) -> None:
        self._stream = stream
        self._count = count

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes."""
        return self._counted(self._stream.read(size))

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return a line of up to `size` bytes."""
        return self._counted(self._stream.readline(size))

    def write(self, data: Any, /) -> int:
        """Write all of the bytes."""
        self._count(len(data))
        return self._stream.write(data)

    def flush(self) -> None:
        """Hand over what is held back."""
        self._stream.flush()

    def close(self) -> None:
        """Close both."""
        try:
            super().close()
        finally:
            self._stream.close()

    def _counted(self, data: bytes) -> bytes:
        if data:
            self._count(len(data))
        return data
