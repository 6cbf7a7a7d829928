"""A TCP connection by a deadline, name look-up and all addresses of the name included.

The system's look-up can neither be given a time limit nor be broken off, so a name is looked up by a thread that is
left to itself when the time is over. A name with several addresses may have silent ones, so none but the last gets all
of the time.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Queue
from typing import Any, TypeAlias

from auditor.transports.transport import Deadline

Watch: TypeAlias = Callable[[socket.socket], None]
_Address: TypeAlias = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
_Found: TypeAlias = list[_Address] | OSError

_SILENT_SECONDS = 5.0
"""The most for an address that is not the last; TCP itself would have tried three times in it (RFC 6298)."""


def connect(host: str, port: int, deadline: Deadline, watch: Watch) -> socket.socket:
    """Return a connection to the first address that answers; `watch` is told of each attempt before it is made.

    Raises `TimeoutError` at the deadline, `socket.gaierror` for an unknown name, else the last address's `OSError`.
    """
    addresses = look_up(host, port, deadline)
    failed: OSError = socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
    for number, (family, address) in enumerate(addresses, start=1):
        left = deadline.remains()
        share = left if number == len(addresses) else min(_SILENT_SECONDS, left / (len(addresses) - number + 1))
        if not share:
            raise TimeoutError(f"no time left for {address[0]!r}")
        try:
            return _connected(family, address, share, watch)
        except OSError as error:
            failed = error
    raise failed


def look_up(host: str, port: int, deadline: Deadline) -> list[_Address]:
    """Return the addresses of a name in the system's order; raises `TimeoutError` at the deadline."""
    with suppress(OSError):  # it is a name, then
        return _addresses(host, port, socket.AI_NUMERICHOST)
    found: Queue[_Found] = Queue()
    threading.Thread(target=_look_up, args=(host, port, found), name=f"look-up of {host}", daemon=True).start()
    try:
        result = found.get(timeout=deadline.remains())
    except Empty:
        raise TimeoutError(f"the name {host} was not looked up in time") from None
    if isinstance(result, Exception):
        raise result
    return result


def _look_up(host: str, port: int, found: "Queue[_Found]") -> None:
    try:
        found.put(_addresses(host, port, 0))
    except OSError as error:
        found.put(error)


def _addresses(host: str, port: int, flags: int) -> list[_Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError as error:  # an empty label, or one that is too long
        raise socket.gaierror(socket.EAI_NONAME, str(error)) from error
    return [(family, address) for family, _, _, _, address in found]


def _connected(family: socket.AddressFamily, address: Any, seconds: float, watch: Watch) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(seconds)
        watch(made)
        made.connect(address)
    except BaseException:
        made.close()
        raise
    return made
