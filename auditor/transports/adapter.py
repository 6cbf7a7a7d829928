"""The HTTP side of a WinRM conversation: every connection is watched by a guard, every exchange is counted."""

from collections.abc import Callable, Mapping
from socket import socket
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

Watch = Callable[[socket], None]


class WatchedAdapter(HTTPAdapter):
    """An adapter that tells `watch` of each TCP connection, counts exchanges and keeps the last refusal's headers."""

    def __init__(self, watch: Watch) -> None:
        self._pools = {
            "http": _pool(HTTPConnectionPool, _connection(HTTPConnection, watch)),
            "https": _pool(HTTPSConnectionPool, _connection(HTTPSConnection, watch)),
        }
        self.exchanges = 0
        self.offered: tuple[str, ...] = ()
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
        """Send one request; NTLM's own messages pass here, too."""
        self.exchanges += 1
        response = super().send(request, *arguments, **options)
        if response.status_code == 401:
            self.offered = _methods(response.headers)
        return response


def _connection(base: Any, watch: Watch) -> Any:
    class Watched(base):  # type: ignore[misc]  # the base is one of two classes
        def _new_conn(self) -> socket:
            made: socket = super()._new_conn()
            watch(made)
            return made

    return Watched


def _pool(base: Any, connection: Any) -> Any:
    return type(f"Watched{base.__name__}", (base,), {"ConnectionCls": connection})


def _methods(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the words of WWW-Authenticate, e.g. `Negotiate`, `NTLM`, `Basic`."""
    offers = headers.get("WWW-Authenticate", "").split(",")
    return tuple(offer.split()[0] for offer in offers if offer.split() and "=" not in offer.split()[0])
