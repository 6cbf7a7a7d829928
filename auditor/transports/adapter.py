"""The HTTP side of a WinRM conversation: connections by a deadline and watched, exchanges counted and timed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from socket import socket
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from auditor.transports.connect import Watch, connect
from auditor.transports.transport import Deadline


@dataclass(kw_only=True, slots=True)
class Wire:
    """One conversation's connections: who watches them, until when, who is told of an answer, and what was measured.

    `exchanges` counts requests; `connecting` are seconds for name look-up, TCP and TLS; `sent` and `answered` are when
    the last request was sent and the headers of its answer came, on the monotonic clock; `offered` are the
    authentication methods of the last refusal.
    """

    watch: Watch
    deadline: Deadline
    heard: Callable[[], object]
    exchanges: int = 0
    connecting: float = 0.0
    sent: float = 0.0
    answered: float = 0.0
    offered: tuple[str, ...] = ()


class WatchedAdapter(HTTPAdapter):
    """An adapter for one `Wire`; NTLM's own messages pass through it, too."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._pools: Any = {"http": partial(_HttpPool, wire=wire), "https": partial(_HttpsPool, wire=wire)}
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make pools whose connections are watched."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return pools whose connections are watched, for a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        """Send one request."""
        wire = self._wire
        wire.exchanges += 1
        wire.sent = time.monotonic()
        response = super().send(request, *arguments, **options)
        wire.answered = time.monotonic()
        wire.heard()
        if response.status_code == 401:
            wire.offered = _methods(response.headers)
        return response


class _Watched:
    """What both kinds of connection do: they are made by the deadline of their wire, and that is timed."""

    def __init__(self, *arguments: Any, wire: Wire, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._wire = wire

    def _new_conn(self) -> socket:
        this: Any = self
        host = this._dns_host  # noqa: SLF001  what this method of urllib3 looks up: `host` has lost its last dot
        return connect(host, this.port or this.default_port, self._wire.deadline, self._wire.watch)

    def connect(self) -> None:
        started, above = time.monotonic(), cast("HTTPConnection", super())
        try:
            above.connect()
        finally:
            # the request for which it is made is sent only now
            self._wire.sent = time.monotonic()
            self._wire.connecting += self._wire.sent - started


class _WatchedHttp(_Watched, HTTPConnection):
    pass


class _WatchedHttps(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls: Any = _WatchedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls: Any = _WatchedHttps


def _methods(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of WWW-Authenticate, e.g. `Negotiate`, `NTLM`, `Basic`."""
    offers = headers.get("WWW-Authenticate", "").split(",")
    return tuple(offer.split()[0] for offer in offers if offer.split() and "=" not in offer.split()[0])
