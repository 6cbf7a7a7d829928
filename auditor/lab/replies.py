"""WS-Management responses and faults: typed values in, bytes out; elements as in the recordings of real servers."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from auditor.lab.faults import Fault
from auditor.lab.wsman import ADDRESSING, COMMAND_SHELL, CONFIGURATION, MICROSOFT, SHELL, SOAP, TRANSFER, WSMAN

_NAMESPACES = {"s": SOAP, "a": ADDRESSING, "x": TRANSFER, "w": WSMAN, "rsp": SHELL, "p": MICROSOFT}
_ANONYMOUS = f"{ADDRESSING}/role/anonymous"
_FAULT_URI = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
_DETAIL_URI = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"
_PLUGIN = r'provider="Shell cmd plugin" path="%systemroot%\system32\winrscmd.dll"'
Piece: TypeAlias = tuple[str, bytes]
"""Some output of a command: the stream's name and the bytes."""

_ENVELOPE_BYTES = 1536
_STREAM_BYTES = 160
_PIECE_BYTES = 32768


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What every response says: what it answers, its own id, and from WinRM 3.0 on an id for the server's log."""

    relates_to: str
    message_id: str
    activity_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShellDescription:
    """A shell as Create describes it; `idle_seconds` until it expires."""

    shell_id: str
    address: str
    owner: str
    client: str
    idle_seconds: float
    working_directory: str = ""
    environment: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """What one Receive hands over: pieces in order; `exit_code` when the command is done."""

    pieces: Sequence[Piece] = ()
    done: bool = False
    exit_code: int = 0


def room_for(envelope_bytes: int) -> int:
    """Return how many bytes of output fit in an envelope of this size, base64 and markup taken into account."""
    usable = envelope_bytes - _ENVELOPE_BYTES
    streams = usable // _PIECE_BYTES + 2
    return max(1, (usable - streams * _STREAM_BYTES) * 3 // 4 - 3 * streams)


def created(frame: Frame, shell: ShellDescription) -> bytes:
    """Return the CreateResponse (MS-WSMV 3.1.4.5.2 and the recordings)."""
    resource = f"<w:ResourceURI>{COMMAND_SHELL}</w:ResourceURI>"
    selectors = f'<w:SelectorSet><w:Selector Name="ShellId">{shell.shell_id}</w:Selector></w:SelectorSet>'
    body = (
        f"<x:ResourceCreated><a:Address>{escape(shell.address)}</a:Address>"
        f"<a:ReferenceParameters>{resource}{selectors}</a:ReferenceParameters></x:ResourceCreated>"
        f"<rsp:Shell><rsp:ShellId>{shell.shell_id}</rsp:ShellId><rsp:ResourceUri>{COMMAND_SHELL}</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(shell.owner)}</rsp:Owner><rsp:ClientIP>{escape(shell.client)}</rsp:ClientIP>"
        f"{_surroundings(shell)}<rsp:IdleTimeOut>PT{shell.idle_seconds:.3f}S</rsp:IdleTimeOut>"
        "<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams>"
        "<rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity>"
        "</rsp:Shell>"
    )
    return _envelope(f"{TRANSFER}/CreateResponse", frame, body)


def command_started(frame: Frame, command_id: str) -> bytes:
    """Return the CommandResponse."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
    return _envelope(f"{SHELL}/CommandResponse", frame, body)


def sent(frame: Frame) -> bytes:
    """Return the SendResponse."""
    return _envelope(f"{SHELL}/SendResponse", frame, "<rsp:SendResponse/>")


def signalled(frame: Frame) -> bytes:
    """Return the SignalResponse."""
    return _envelope(f"{SHELL}/SignalResponse", frame, "<rsp:SignalResponse/>")


def deleted(frame: Frame) -> bytes:
    """Return the DeleteResponse."""
    return _envelope(f"{TRANSFER}/DeleteResponse", frame, "")


def received(frame: Frame, command_id: str, delivery: Delivery) -> bytes:
    """Return the ReceiveResponse: output in base64, the ends of both streams and the exit code when done."""
    command = f'CommandId="{command_id}"'
    streams = "".join(_stream(name, command, data) for name, data in delivery.pieces)
    state = f"{SHELL}/CommandState/{'Done' if delivery.done else 'Running'}"
    ending = ""
    if delivery.done:
        streams += "".join(f'<rsp:Stream Name="{n}" {command} End="true"></rsp:Stream>' for n in ("stdout", "stderr"))
        ending = f"<rsp:ExitCode>{delivery.exit_code}</rsp:ExitCode>"
    told = f'<rsp:CommandState {command} State="{state}">{ending}</rsp:CommandState>'
    return _envelope(f"{SHELL}/ReceiveResponse", frame, f"<rsp:ReceiveResponse>{streams}{told}</rsp:ReceiveResponse>")


def configuration(frame: Frame, settings: str) -> bytes:
    """Return the GetResponse for winrm/config; `settings` is its content with the prefix `cfg`."""
    body = f'<cfg:Config xmlns:cfg="{CONFIGURATION}">{settings}</cfg:Config>'
    return _envelope(f"{TRANSFER}/GetResponse", frame, body)


def fault(frame: Frame, refused: Fault, machine: str) -> bytes:
    """Return the fault envelope; addressing and mustUnderstand faults have the addressing action (DSP0226, R5.4.1)."""
    addressing = refused.subcode.startswith("a:") or not refused.subcode
    action = f"{ADDRESSING}/fault" if addressing else "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
    subcode = f"<s:Subcode><s:Value>{refused.subcode}</s:Value></s:Subcode>" if refused.subcode else ""
    reason = f'<s:Reason><s:Text xml:lang="en-US">{escape(refused.reason)} </s:Text></s:Reason>'
    detail = "" if refused.not_understood else f"<s:Detail>{_detail(refused, machine)}</s:Detail>"
    body = f"<s:Fault><s:Code><s:Value>{refused.role}</s:Value>{subcode}</s:Code>{reason}{detail}</s:Fault>"
    return _envelope(action, frame, body, _not_understood(refused.not_understood))


def split(name: str, data: bytes) -> list[Piece]:
    """Return the output in pieces of the size that a real server reads from a pipe at once."""
    return [(name, data[start : start + _PIECE_BYTES]) for start in range(0, len(data), _PIECE_BYTES)]


def take(output: Sequence[Piece], room: int) -> tuple[list[Piece], list[Piece]]:
    """Return the pieces that fit in `room` bytes, the last one cut where it must be, and what is left."""
    taken: list[Piece] = []
    rest = list(output)
    while rest and room > 0:
        name, data = rest.pop(0)
        taken.append((name, data[:room]))
        if len(data) > room:
            rest.insert(0, (name, data[room:]))
        room -= len(data)
    return taken, rest


def _surroundings(shell: ShellDescription) -> str:
    directory, variables = "", ""
    if shell.working_directory:
        directory = f"<rsp:WorkingDirectory>{escape(shell.working_directory)}</rsp:WorkingDirectory>"
    for name, value in shell.environment.items():
        variables += f'<rsp:Variable Name="{escape(name)}">{escape(value)}</rsp:Variable>'
    return directory + (f"<rsp:Environment>{variables}</rsp:Environment>" if variables else "")


def _stream(name: str, command: str, data: bytes) -> str:
    return f'<rsp:Stream Name="{name}" {command}>{base64.b64encode(data).decode()}</rsp:Stream>'


def _detail(refused: Fault, machine: str) -> str:
    told = f"{escape(refused.reason)} "
    if refused.plugin:
        told = f"<f:ProviderFault {_PLUGIN}>{told}</f:ProviderFault>"
    message = f"<f:Message>{told}</f:Message>"
    kind = f"<w:FaultDetail>{_DETAIL_URI}/{refused.detail}</w:FaultDetail>" if refused.detail else ""
    numbers = f'Code="{refused.code}" Machine="{escape(machine)}"'
    return f'{kind}<f:WSManFault xmlns:f="{_FAULT_URI}" {numbers}>{message}</f:WSManFault>'


def _not_understood(header: str) -> str:
    if not header:
        return ""
    namespace, _, name = header.removeprefix("{").rpartition("}")
    return f'<s:NotUnderstood qname="u:{escape(name)}" xmlns:u="{escape(namespace)}" />'


def _envelope(action: str, frame: Frame, body: str, more_headers: str = "") -> bytes:
    namespaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    relates = f"<a:RelatesTo>{escape(frame.relates_to)}</a:RelatesTo>" if frame.relates_to else ""
    activity = f"<p:ActivityId>{frame.activity_id}</p:ActivityId>" if frame.activity_id else ""
    header = (
        f"<a:Action>{action}</a:Action><a:MessageID>{frame.message_id}</a:MessageID>{activity}"
        f"<a:To>{_ANONYMOUS}</a:To>{relates}{more_headers}"
    )
    text = (
        f'<s:Envelope xml:lang="en-US" {namespaces}><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
    )
    return text.encode()
