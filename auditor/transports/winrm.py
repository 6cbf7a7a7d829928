"""WinRM through pywinrm's `Protocol`. The only file that imports pywinrm.

Everything pywinrm and the libraries below it raise becomes a `ServerNotReachedError` that says what to do.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from spnego.exceptions import SpnegoError
from urllib3.exceptions import HTTPError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol
from winrm.transport import Transport as PywinrmHttp

from auditor.credentials import Credentials
from auditor.errors import NotReached, SecretError, ServerNotReachedError
from auditor.model.inventory import Authentication, Connection, Scheme, Server
from auditor.model.question import Question
from auditor.transports.adapter import WatchedAdapter, Wire
from auditor.transports.conversation import Conversation, Output
from auditor.transports.failures import network_failure, strange_answer, timed_out
from auditor.transports.faults import OPERATION_TIMED_OUT
from auditor.transports.guard import Guard, Guards
from auditor.transports.preflight import check, needs_secret, place_of, url_of
from auditor.transports.refusals import refused, refused_with, unauthorised
from auditor.transports.transport import Deadline, Delivery

_OPERATION_SECONDS = 20
_PATIENCE_SECONDS = 10
_ENCRYPTING = (Authentication.NTLM, Authentication.KERBEROS, Authentication.CREDSSP)
# What pywinrm, NTLM and XML raise for answers that are not WinRM's.
_STRANGE = (
    ParseError,
    AssertionError,
    AttributeError,
    LookupError,
    StopIteration,
    TypeError,
    ValueError,
    SpnegoError,
    struct.error,
)


class WinRm:
    """The transport; each question set takes one shell on one connection of its own."""

    name = "winrm"

    def __init__(self, credentials: Credentials, heard: Callable[[Server], object] = lambda _: None) -> None:
        """Take what knows the passwords, and what is told whenever a server answers."""
        self._credentials = credentials
        self._heard = heard
        self._guards = Guards()

    def stop(self) -> None:
        """Break off all conversations; shells that are open are still deleted, within seconds."""
        self._guards.stop()

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        """Return the answers of the server; raises `ServerNotReachedError` when it gave none."""
        connection = server.connection
        check(connection)
        password = self._password(connection)

        def dial(guard: Guard, until: Deadline) -> _Line:
            wire = Wire(watch=guard.watch, deadline=until, heard=lambda: self._heard(server))
            return _Line(connection, password, guard, wire)

        return Conversation(dial=dial, place=place_of(connection), deadline=deadline).hold(questions, self._guards)

    def _password(self, connection: Connection) -> str:
        try:
            return self._credentials.of(connection).reveal() if needs_secret(connection) else ""
        except SecretError as error:
            raise ServerNotReachedError(NotReached.SECRET, f"{place_of(connection)}: {error}") from error


class _Http(PywinrmHttp):
    """pywinrm's HTTP side: watched connections, nothing from the environment, a timeout per request."""

    adapter: WatchedAdapter
    deadline: Deadline

    def build_session(self) -> requests.Session:
        session: requests.Session = super().build_session()
        self._settle(session)
        return session

    def _settle(self, session: requests.Session) -> None:
        session.trust_env = False
        session.max_redirects = 0
        session.proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else {}
        session.mount("http://", self.adapter)
        session.mount("https://", self.adapter)

    def _send_message_request(self, session: requests.Session, prepared: requests.PreparedRequest) -> requests.Response:
        # NTLM's first message passes here while pywinrm still builds the session.
        self._settle(session)
        seconds = min(_OPERATION_SECONDS + _PATIENCE_SECONDS, max(self.deadline.remains(), 0.05))
        self.read_timeout_sec = seconds  # type: ignore[assignment]  # requests takes parts of a second, too
        response: requests.Response = super()._send_message_request(session, prepared)
        return response

    def _get_message_response_text(self, response: requests.Response) -> bytes:
        # pywinrm takes an answer in the clear where the conversation is sealed: anybody on the way could write one.
        if self.encryption and response.ok and "-session-encrypted" not in response.headers.get("Content-Type", ""):
            raise ValueError("the answer is not encrypted")
        text: bytes = super()._get_message_response_text(response)
        return text


class _Line:
    """A `Line` over one HTTP session with its own authentication. Nothing is sent yet when it is made."""

    def __init__(self, connection: Connection, password: str, guard: Guard, wire: Wire) -> None:
        self._connection, self._place = connection, place_of(connection)
        self._guard, self._deadline, self.wire = guard, wire.deadline, wire
        method: Any = "ssl" if connection.authentication is Authentication.BASIC else connection.authentication.value
        options = _options(connection, password)
        self._http = _Http(auth_method=method, **options)
        self._http.adapter, self._http.deadline = WatchedAdapter(wire), wire.deadline
        self._protocol = Protocol(transport=method, **options)
        self._protocol.transport = self._http

    def create(self) -> str:
        with self._operation() as protocol:
            shell: str = protocol.open_shell(noprofile=True, codepage=437)
            return shell

    def start(self, shell: str, command: str, arguments: Sequence[str]) -> str:
        with self._operation() as protocol:
            started: str = protocol.run_command(shell, command, arguments, console_mode_stdin=False)
            return started

    def send(self, shell: str, command: str, data: bytes, *, end: bool) -> None:
        with self._operation() as protocol:
            protocol.send_command_input(shell, command, data, end=end)

    def receive(self, shell: str, command: str) -> Output | None:
        with self._operation() as protocol:
            try:
                stdout, stderr, exit_code, done = protocol.get_command_output_raw(shell, command)
            except WinRMOperationTimeoutError:
                return None
            return Output(stdout=stdout, stderr=stderr, exit_code=exit_code, done=done)

    def signal(self, shell: str, command: str) -> None:
        with self._operation() as protocol:
            protocol.cleanup_command(shell, command)

    def delete(self, shell: str) -> None:
        with self._operation() as protocol:
            protocol.close_shell(shell)

    def close(self) -> None:
        self._http.close_session()

    @contextmanager
    def _operation(self) -> Iterator[Protocol]:
        # The server's answer is to come before our time is over.
        self._protocol.operation_timeout_sec = max(1, min(_OPERATION_SECONDS, int(self._deadline.remains() - 0.5)))
        try:
            yield self._protocol
        except (InvalidCredentialsError, PermissionError) as error:  # the latter: NTLM got no challenge
            raise self._cut_off() or unauthorised(self._connection, self.wire.offered, self._place) from error
        except WSManFaultError as error:
            # A quota's fault may name its code in the detail of WMI only.
            raise refused(error.wsman_fault_code or error.wmierror_code, self._place, error.reason) from error
        except WinRMOperationTimeoutError as error:
            raise refused(OPERATION_TIMED_OUT, self._place) from error
        except WinRMTransportError as error:
            raise self._cut_off() or refused_with(error.code, self._place) from error
        except WinRMError as error:
            step = "for kerberos and credssp install auditor[kerberos] or auditor[credssp]"
            raise ServerNotReachedError(NotReached.FAULT, f"{self._place}: {error}; {step}") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            late = self._guard.is_shut or not self._deadline.remains()
            raise network_failure(error, self._place, late=late) from error
        except _STRANGE as error:
            raise self._cut_off() or strange_answer(error, self._place) from error

    def _cut_off(self) -> ServerNotReachedError | None:
        """Return that time was over: the headers of an answer seem to end where its connection is shut."""
        return timed_out(self._place) if self._guard.is_shut else None


def _options(connection: Connection, password: str) -> dict[str, Any]:
    encrypting = connection.scheme is Scheme.HTTP and connection.authentication in _ENCRYPTING
    return {
        "endpoint": url_of(connection),
        "username": connection.username or None,
        "password": password,
        "ca_trust_path": connection.ca_file or None,
        "cert_pem": connection.certificate or None,
        # a PEM file may hold both
        "cert_key_pem": connection.certificate_key or connection.certificate or None,
        "server_cert_validation": "validate" if connection.verify else "ignore",
        "message_encryption": "always" if encrypting else "auto",
        # pywinrm changes the environment of the whole process for a moment when it is told None
        "proxy": connection.proxy,
    }
