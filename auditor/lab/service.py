"""The WS-Management service of one simulated server: an envelope in, an envelope and an HTTP status out; no sockets."""

import base64
import binascii
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from auditor.lab import faults, replies
from auditor.lab.counters import Counters
from auditor.lab.replies import Frame, ShellDescription
from auditor.lab.shells import OPERATIONS_PER_USER, Shells, is_winrm_3
from auditor.lab.state import Reachability, ServerState
from auditor.lab.wsman import (
    COMMAND_SHELL,
    CONFIGURATION,
    SHELL,
    TRANSFER,
    NotSoapError,
    Request,
    message_id_of,
    read_request,
    seconds,
)
from auditor.model.inventory import Authentication

_FULL_PATH = re.compile(r"(?:[A-Za-z]:|%\w+%)\\")
_SKIP_CMD_WORKS_BEFORE = (6, 3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An HTTP status with its body; the body is empty when the request was no XML."""

    status: int
    body: bytes


class Service:
    """Answers envelopes; may be called from any thread."""

    def __init__(self, state: ServerState, counters: Counters, shells: Shells) -> None:
        self._state = state
        self._counters = counters
        self._shells = shells
        self._actions: Mapping[tuple[str, str], Callable[[Request, Frame, str], bytes]] = {
            (COMMAND_SHELL, f"{TRANSFER}/Create"): self._create,
            (COMMAND_SHELL, f"{SHELL}/Command"): self._command,
            (COMMAND_SHELL, f"{SHELL}/Send"): self._send,
            (COMMAND_SHELL, f"{SHELL}/Receive"): self._receive,
            (COMMAND_SHELL, f"{SHELL}/Signal"): self._signal,
            (COMMAND_SHELL, f"{TRANSFER}/Delete"): self._delete,
            (CONFIGURATION, f"{TRANSFER}/Get"): self._configuration,
        }

    def reply(self, message: bytes, client: str) -> Reply:
        """Answer one envelope from the address `client`."""
        self._counters.add("messages")
        try:
            return Reply(status=200, body=self._answer(message, client))
        except NotSoapError:
            return Reply(status=400, body=b"")
        except faults.FaultError as error:
            self._counters.add("faults")
            frame = self._frame(message_id_of(message))
            return Reply(status=500, body=replies.fault(frame, error.fault, self._state.computer))

    def _answer(self, message: bytes, client: str) -> bytes:
        allowed = self._state.max_envelope_kb * 1024
        if len(message) > allowed:
            raise faults.envelope_too_large(allowed)
        request = read_request(message)
        if self._state.reachability is Reachability.ACCESS_DENIED:
            raise faults.access_denied()
        if request.resource_uri not in {resource for resource, _ in self._actions}:
            raise faults.no_such_resource(request.resource_uri)
        handle = self._actions.get((request.resource_uri, request.action))
        if handle is None:
            raise faults.no_such_action(request.action)
        return handle(request, self._frame(request.message_id), client)

    def _create(self, request: Request, frame: Frame, client: str) -> bytes:
        body = _body(request, "Shell")
        idle = _idle_seconds(body, self._shells.default_idle_seconds)
        variables = body.findall(f"{{{SHELL}}}Environment/{{{SHELL}}}Variable")
        shell = ShellDescription(
            shell_id=self._shells.create(idle),
            address=request.to,
            owner=self._state.username,
            client=client,
            idle_seconds=idle,
            working_directory=body.findtext(f"{{{SHELL}}}WorkingDirectory", default=""),
            environment={variable.get("Name", ""): variable.text or "" for variable in variables},
        )
        return replies.created(frame, shell)

    def _command(self, request: Request, frame: Frame, _client: str) -> bytes:
        body = _body(request, "CommandLine")
        program = body.findtext(f"{{{SHELL}}}Command", default="")
        if not program.strip():
            raise faults.invalid_parameter("The command line is empty.")
        skips_cmd = self._skips_cmd(request)
        if skips_cmd and not _FULL_PATH.match(program.lstrip('"')):
            raise faults.file_not_found()
        words = [program, *(argument.text or "" for argument in body.findall(f"{{{SHELL}}}Arguments"))]
        command_id = self._shells.command(_shell_id(request), " ".join(words), through_cmd=not skips_cmd)
        return replies.command_started(frame, command_id)

    def _send(self, request: Request, frame: Frame, _client: str) -> bytes:
        for stream in _body(request, "Send").findall(f"{{{SHELL}}}Stream"):
            if stream.get("Name") != "stdin":
                raise faults.invalid_parameter("Only the stream stdin takes input.")
            end = stream.get("End", "false").lower() in {"true", "1"}
            self._shells.send(_shell_id(request), _command_id(stream), _decode(stream.text or ""), end=end)
        return replies.sent(frame)

    def _receive(self, request: Request, frame: Frame, _client: str) -> bytes:
        desired = _body(request, "Receive").find(f"{{{SHELL}}}DesiredStream")
        if desired is None:
            raise faults.invalid_parameter("No stream is asked for.")
        command_id = _command_id(desired)
        room = replies.room_for(min(request.max_envelope_size, self._state.max_envelope_kb * 1024))
        delivery = self._shells.receive(_shell_id(request), command_id, room, request.operation_timeout)
        return replies.received(frame, command_id, delivery)

    def _signal(self, request: Request, frame: Frame, _client: str) -> bytes:
        body = _body(request, "Signal")
        code = body.findtext(f"{{{SHELL}}}Code", default="").removeprefix(f"{SHELL}/signal/")
        self._shells.signal(_shell_id(request), _command_id(body), code)
        return replies.signalled(frame)

    def _delete(self, request: Request, frame: Frame, _client: str) -> bytes:
        self._shells.delete(_shell_id(request))
        return replies.deleted(frame)

    def _configuration(self, _request: Request, frame: Frame, _client: str) -> bytes:
        offered = self._state.authentications
        unencrypted = _xml(self._state.allow_unencrypted)
        settings = (
            f"<cfg:MaxEnvelopeSizekb>{self._state.max_envelope_kb}</cfg:MaxEnvelopeSizekb>"
            "<cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms><cfg:Service>"
            f"<cfg:MaxConcurrentOperationsPerUser>{OPERATIONS_PER_USER}</cfg:MaxConcurrentOperationsPerUser>"
            f"<cfg:AllowUnencrypted>{unencrypted}</cfg:AllowUnencrypted>"
            f"<cfg:Auth><cfg:Basic>{_xml(Authentication.BASIC in offered)}</cfg:Basic>"
            f"<cfg:Negotiate>{_xml(Authentication.NTLM in offered)}</cfg:Negotiate></cfg:Auth></cfg:Service>"
            f"<cfg:Winrs><cfg:IdleTimeout>{self._shells.default_idle_seconds * 1000:.0f}</cfg:IdleTimeout>"
            f"<cfg:MaxShellsPerUser>{self._state.max_shells_per_user}</cfg:MaxShellsPerUser></cfg:Winrs>"
        )
        return replies.configuration(frame, settings)

    def _frame(self, relates_to: str) -> Frame:
        activity_id = _new_id() if is_winrm_3(self._state) else ""
        return Frame(relates_to=relates_to, message_id=f"uuid:{_new_id()}", activity_id=activity_id)

    def _skips_cmd(self, request: Request) -> bool:
        release = tuple(int(part) for part in self._state.os.version.split(".")[:2])
        wanted = request.options.get("WINRS_SKIP_CMD_SHELL", "false").lower() in {"true", "1"}
        return wanted and release < _SKIP_CMD_WORKS_BEFORE


def _new_id() -> str:
    return str(uuid.uuid4()).upper()


def _body(request: Request, name: str) -> Element:
    if request.body is None or request.body.tag != f"{{{SHELL}}}{name}":
        raise faults.not_valid(f"The body has no {name} element.")
    return request.body


def _shell_id(request: Request) -> str:
    return request.selectors.get("ShellId", "")


def _command_id(element: Element) -> str:
    command_id = element.get("CommandId")
    if not command_id:
        raise faults.invalid_parameter("The CommandId is missing.")
    return command_id


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise faults.not_valid("The stream is not base64.") from error


def _idle_seconds(body: Element, default: float) -> float:
    text = body.findtext(f"{{{SHELL}}}IdleTimeOut", default="")
    try:
        return seconds(text) if text else default
    except ValueError as error:
        raise faults.not_valid(f"IdleTimeOut: {error}.") from error


def _xml(value: bool) -> str:  # noqa: FBT001  spells a boolean
    return "true" if value else "false"
