"""WinRM through pywinrm's `Protocol`: one shell, one script, one reply. The only file that imports pywinrm.

The conversation after authentication is Create, Command, Send, Receive, Delete (MS-WSMV 3.1.4); Signal is sent only
to a command that did not finish. Everything pywinrm raises becomes a `ServerNotReachedError` that says what to do.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import ParseError

import requests
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)
from winrm.protocol import Protocol
from winrm.transport import Transport as WinrmHttp

from auditor.credentials import Credentials
from auditor.errors import NotReached, ReplyError, SecretError, ServerNotReachedError
from auditor.model.inventory import Authentication, Connection, Scheme, Server
from auditor.model.question import Question
from auditor.script.build import ARGUMENTS, COMMAND, script_for
from auditor.script.reply import read_reply
from auditor.transports.adapter import WatchedAdapter
from auditor.transports.clixml import error_text
from auditor.transports.failures import network_failure, strange_answer, timed_out
from auditor.transports.faults import BUSY, OPERATION_TIMED_OUT
from auditor.transports.guard import Guard, Guards
from auditor.transports.refusals import refused, refused_with, unauthorised
from auditor.transports.transport import Deadline, Delivery

# base64 and the envelope around it stay below the 150 KB of WinRM 2.0
CHUNK_BYTES = 90_000
MAX_OUTPUT_BYTES = 64 * 1024 * 1024
_OPERATION_SECONDS = 20
_PATIENCE_SECONDS = 10
_CLOSING_SECONDS = 3
_BUSY_TRIES = 3
_ENCRYPTING = (Authentication.NTLM, Authentication.KERBEROS, Authentication.CREDSSP)
_STRANGE = (ParseError, UnicodeDecodeError, KeyError, AssertionError, StopIteration, ValueError, IndexError)
# A farewell may fail: the answers are in hand, or the reason for their lack is known.
_FAREWELL = (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    requests.RequestException,
    OSError,
    *_STRANGE,
)


class WinRm:
    """The transport; each question set takes one shell on one connection of its own."""

    name = "winrm"

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._guards = Guards()

    def stop(self) -> None:
        """Break off all conversations."""
        self._guards.stop()

    def ask(self, server: Server, questions: Sequence[Question], deadline: Deadline) -> Delivery:
        """Return the answers of the server; raises `ServerNotReachedError` when it gave none."""
        place = f"{server.connection.address}:{server.connection.port}"
        _refuse_unencrypted(server.connection, place)
        try:
            password = self._credentials.of(server.connection).reveal() if _needs_secret(server.connection) else ""
        except SecretError as error:
            raise ServerNotReachedError(NotReached.SECRET, f"{place}: {error}") from error
        guard = Guard(deadline)
        self._guards.add(guard)
        try:
            with guard:
                return _Conversation(server.connection, password, place, guard, deadline).hold(questions)
        finally:
            self._guards.remove(guard)


def _refuse_unencrypted(connection: Connection, place: str) -> None:
    plain = connection.scheme is Scheme.HTTP and connection.authentication is Authentication.BASIC
    if plain and not connection.allow_unencrypted:
        raise ServerNotReachedError(
            NotReached.POLICY,
            f"{place}: Basic over plain HTTP would send the password readably, so nothing was sent; use https or ntlm, "
            "or set allow_unencrypted: true in the inventory",
        )


def _needs_secret(connection: Connection) -> bool:
    """Tell whether a password is needed: not with a client certificate, nor with a Kerberos ticket there already."""
    if connection.authentication is Authentication.KERBEROS:
        return connection.secret is not None
    return connection.authentication is not Authentication.CERTIFICATE


class _Http(WinrmHttp):
    """pywinrm's HTTP side, with watched connections, no environment, no redirects, and a timeout per request."""

    adapter: WatchedAdapter
    remains: Callable[[], float]

    def build_session(self) -> requests.Session:
        session: requests.Session = super().build_session()
        session.trust_env = False
        return session

    def _send_message_request(self, session: requests.Session, prepared: requests.PreparedRequest) -> requests.Response:
        # Every message passes here, NTLM's setup included, and here is the first chance to reach a new session.
        if session.get_adapter("http://") is not self.adapter:
            session.trust_env = False
            session.max_redirects = 0
            session.mount("http://", self.adapter)
            session.mount("https://", self.adapter)
        seconds = min(_OPERATION_SECONDS + _PATIENCE_SECONDS, max(self.remains(), 0.05))
        self.read_timeout_sec = seconds  # type: ignore[assignment]  # requests takes parts of a second, too
        response: requests.Response = super()._send_message_request(session, prepared)
        return response


@dataclass(kw_only=True, slots=True)
class _Output:
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    exit_code: int = 0


class _Conversation:
    """One shell from Create to Delete. The last seconds before the deadline are kept for closing it."""

    def __init__(self, connection: Connection, password: str, place: str, guard: Guard, deadline: Deadline) -> None:
        self._connection, self._password, self._place = connection, password, place
        self._guard, self._deadline = guard, deadline
        self._working = deadline.sooner(min(_CLOSING_SECONDS, deadline.remains() / 4))
        self._limit = self._working
        self._adapter = WatchedAdapter(guard.watch)
        self._timings: dict[str, float] = {}

    def hold(self, questions: Sequence[Question]) -> Delivery:
        output = self._run(script_for(questions).encode("ascii"))
        try:
            reply = read_reply(bytes(output.stdout), questions)
        except ReplyError as error:
            raise self._no_reply(output, error) from error
        return Delivery(
            answers=reply.answers,
            platform=reply.platform,
            timings=self._timings,
            exchanges=self._adapter.exchanges,
            complete=reply.complete,
            reason=reply.reason,
        )

    def _run(self, script: bytes) -> _Output:
        shell = ""
        try:
            with self._failures():
                protocol = self._protocol()
                with self._phase("connect"):
                    shell = protocol.open_shell(noprofile=True, codepage=437)
                with self._phase("start"):
                    command = protocol.run_command(shell, COMMAND, ARGUMENTS, console_mode_stdin=False)
                    self._send(protocol, shell, command, script)
                with self._phase("read"):
                    return self._receive(protocol, shell, command)
        finally:
            if shell:
                with self._phase("close"):
                    self._close(protocol, shell)

    def _protocol(self) -> Protocol:
        """Return pywinrm's protocol on our HTTP side; nothing is sent yet."""
        connection = self._connection
        encrypting = connection.scheme is Scheme.HTTP and connection.authentication in _ENCRYPTING
        method: Any = "ssl" if connection.authentication is Authentication.BASIC else connection.authentication.value
        host = f"[{connection.address}]" if ":" in connection.address else connection.address
        options: dict[str, Any] = {
            "endpoint": f"{connection.scheme}://{host}:{connection.port}/wsman",
            "username": connection.username or None,
            "password": self._password,
            "ca_trust_path": connection.ca_file or None,
            "cert_pem": connection.certificate or None,
            "cert_key_pem": connection.certificate_key or None,
            "server_cert_validation": "validate" if connection.verify else "ignore",
            "message_encryption": "always" if encrypting else "auto",
            "proxy": connection.proxy or None,
        }
        protocol = Protocol(transport=method, **options)
        protocol.operation_timeout_sec = self._operation_seconds()
        http = _Http(auth_method=method, **options)
        http.adapter, http.remains = self._adapter, self._remains
        protocol.transport = http
        return protocol

    def _remains(self) -> float:
        return self._limit.remains()

    def _operation_seconds(self) -> int:
        return max(1, min(_OPERATION_SECONDS, int(self._working.remains())))

    def _send(self, protocol: Protocol, shell: str, command: str, script: bytes) -> None:
        starts = range(0, len(script), CHUNK_BYTES)
        for start in starts:
            chunk = script[start : start + CHUNK_BYTES]
            self._send_chunk(protocol, shell, command, chunk, end=start == starts[-1])

    def _send_chunk(self, protocol: Protocol, shell: str, command: str, chunk: bytes, *, end: bool) -> None:
        for left in reversed(range(_BUSY_TRIES)):
            try:
                protocol.send_command_input(shell, command, chunk, end=end)
            except WSManFaultError as fault:
                if fault.wsman_fault_code != BUSY or not left or self._working.remains() < 1:
                    raise
                time.sleep(1)
            else:
                return

    def _receive(self, protocol: Protocol, shell: str, command: str) -> _Output:
        """Return all output; a Receive that times out is asked again until our own deadline."""
        output = _Output()
        while self._working.remains():
            protocol.operation_timeout_sec = self._operation_seconds()
            try:
                stdout, stderr, output.exit_code, done = protocol.get_command_output_raw(shell, command)
            except WinRMOperationTimeoutError:
                continue
            output.stdout += stdout
            output.stderr += stderr
            if done:
                return output
            if len(output.stdout) + len(output.stderr) > MAX_OUTPUT_BYTES:
                raise ServerNotReachedError(
                    NotReached.GARBLED, f"{self._place}: the output has no end; look at the server's PowerShell"
                )
        self._signal(protocol, shell, command)
        raise timed_out(self._place)

    def _signal(self, protocol: Protocol, shell: str, command: str) -> None:
        """Ask the server to end the command; that it is too late is known already."""
        self._limit = self._deadline
        with suppress(*_FAREWELL):
            protocol.cleanup_command(shell, command)

    def _close(self, protocol: Protocol, shell: str) -> None:
        """Delete the shell, on a fresh connection if this one is lost; a server that hangs frees it by itself."""
        self._limit = self._deadline
        with suppress(*_FAREWELL):
            protocol.close_shell(shell)
            return
        with suppress(*_FAREWELL):
            self._protocol().close_shell(shell)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self._timings[name] = round(time.monotonic() - started, 3)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn all that pywinrm and the libraries below it raise into `ServerNotReachedError`."""
        try:
            yield
        except InvalidCredentialsError as error:
            raise unauthorised(self._connection, self._adapter.offered, self._place) from error
        except WSManFaultError as error:
            raise refused(error.wsman_fault_code, self._place) from error
        except WinRMOperationTimeoutError as error:
            raise refused(OPERATION_TIMED_OUT, self._place) from error
        except WinRMTransportError as error:
            raise refused_with(error.code, self._place) from error
        except WinRMError as error:
            raise ServerNotReachedError(NotReached.FAULT, f"{self._place}: {error}; check the connection") from error
        except (requests.RequestException, OSError) as error:
            late = self._guard.is_shut or not self._working.remains()
            raise network_failure(error, self._place, late=late) from error
        except _STRANGE as error:
            raise strange_answer(error, self._place) from error

    def _no_reply(self, output: _Output, error: ReplyError) -> ServerNotReachedError:
        said = error_text(bytes(output.stderr))
        detail = f" (exit code {output.exit_code}{f': {said}' if said else ''})"
        step = "run `auditor script` and try its output in PowerShell on the server"
        return ServerNotReachedError(NotReached.GARBLED, f"{self._place}: {error}{detail}; {step}")
