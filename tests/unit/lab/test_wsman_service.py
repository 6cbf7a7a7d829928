"""One envelope in, one out: what a simulated server answers and refuses."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, fromstring

import pytest

from auditor.lab.counters import Counters
from auditor.lab.service import Reply, Service
from auditor.lab.shells import Shells
from auditor.lab.state import OperatingSystem, Reachability, ServerState
from auditor.script.build import ARGUMENTS, COMMAND

NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "cfg": "http://schemas.microsoft.com/wbem/wsman/1/config",
}
SHELL = "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"

MakeServer = Callable[..., ServerState]
MakeRequest = Callable[..., bytes]
Ask = Callable[..., Reply]


@pytest.fixture
def service(make_server: MakeServer) -> Service:
    return _service(make_server())


@pytest.fixture
def ask(service: Service, make_request: MakeRequest) -> Ask:
    return lambda *parts, **more: service.reply(make_request(*parts, **more), "127.0.0.1")


def _service(state: ServerState) -> Service:
    counters = Counters()
    return Service(state, counters, Shells(state, counters))


def _root(reply: Reply) -> Element:
    return fromstring(reply.body)


def _found(reply: Reply, path: str) -> str:
    return _root(reply).findtext(f".//{path}", default="", namespaces=NAMES)


def _code(reply: Reply) -> int:
    fault = _root(reply).find(".//f:WSManFault", NAMES)
    assert reply.status == 500
    assert fault is not None
    return int(fault.attrib["Code"])


def _open(ask: Ask) -> str:
    return _found(ask("Create", SHELL), "rsp:ShellId")


def _command(line: str) -> str:
    return f"<rsp:CommandLine><rsp:Command>{line}</rsp:Command></rsp:CommandLine>"


def _desired(command: str) -> str:
    return f'<rsp:Receive><rsp:DesiredStream CommandId="{command}">stdout stderr</rsp:DesiredStream></rsp:Receive>'


def test_a_command_runs_from_create_to_delete(ask: Ask) -> None:
    shell = _open(ask)
    command = _found(ask("Command", _command("hostname"), shell=shell), "rsp:CommandId")

    received = ask("Receive", _desired(command), shell=shell)
    deleted = ask("Delete", shell=shell)

    assert _found(received, "rsp:Stream") == "Q0FTMDENCg=="
    assert _found(received, "rsp:ExitCode") == "0"
    assert deleted.status == 200
    assert _code(ask("Command", _command("hostname"), shell=shell)) == 2150858843


def test_a_fault_relates_to_its_request_and_names_the_machine(ask: Ask) -> None:
    reply = ask("Delete", shell="no-such-shell")

    fault = _root(reply).find(".//f:WSManFault", NAMES)
    assert fault is not None
    assert fault.attrib["Machine"] == "CAS01"
    assert _found(reply, "a:RelatesTo") == "uuid:11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"action": "Create", "body": SHELL, "resource": "http://schemas.microsoft.com/powershell/x"}, 2150858752),
        ({"action": "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"}, 2150858771),
        ({"action": "Create"}, 2150858817),
        ({"action": "Create", "body": "<rsp:CommandLine/>"}, 2150858817),
        ({"action": "Create", "body": "<rsp:Shell><rsp:IdleTimeOut>soon</rsp:IdleTimeOut></rsp:Shell>"}, 2150858817),
        ({"action": "Command", "body": "<rsp:CommandLine/>"}, 87),
        (
            {"action": "Command", "body": "<rsp:CommandLine><rsp:Command>ver</rsp:Command></rsp:CommandLine>"},
            2150858843,
        ),
        ({"action": "Receive", "body": "<rsp:Receive/>"}, 87),
        ({"action": "Receive", "body": "<rsp:Receive><rsp:DesiredStream/></rsp:Receive>"}, 87),
        ({"action": "Send", "body": '<rsp:Send><rsp:Stream Name="pr"/></rsp:Send>'}, 87),
        ({"action": "Send", "body": '<rsp:Send><rsp:Stream Name="stdin">AAAA</rsp:Stream></rsp:Send>'}, 87),
        (
            {"action": "Send", "body": '<rsp:Send><rsp:Stream Name="stdin" CommandId="x">?</rsp:Stream></rsp:Send>'},
            2150858817,
        ),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(ask: Ask, parts: dict[str, str], code: int) -> None:
    assert _code(ask(**parts)) == code


def test_an_envelope_above_the_limit_is_refused(ask: Ask) -> None:
    assert _code(ask("Create", SHELL + " " * 150 * 1024)) == 2150858825


def test_an_account_without_rights_is_denied(make_server: MakeServer, make_request: MakeRequest) -> None:
    service = _service(make_server(reachability=Reachability.ACCESS_DENIED))

    assert _code(service.reply(make_request("Create", SHELL), "127.0.0.1")) == 5


def test_what_is_no_xml_is_a_bad_request(service: Service) -> None:
    assert service.reply(b"hostname", "127.0.0.1") == Reply(status=400, body=b"")


def test_nothing_to_deliver_in_time_is_a_timed_out_fault(ask: Ask) -> None:
    shell = _open(ask)
    line = " ".join([COMMAND, *ARGUMENTS])
    command = _found(ask("Command", _command(line), shell=shell), "rsp:CommandId")

    assert _code(ask("Receive", _desired(command), shell=shell, timeout="PT0.01S")) == 2150858793


@pytest.mark.parametrize("size", [8192, 20000, 153600])
def test_no_response_is_larger_than_the_client_asked_for(ask: Ask, size: int) -> None:
    shell = _open(ask)
    skip = {"WINRS_SKIP_CMD_SHELL": "FALSE"}
    line = "echo " + "x" * 8000
    command = _found(ask("Command", _command(line), shell=shell, options=skip), "rsp:CommandId")

    replies = [ask("Receive", _desired(command), shell=shell, size=size)]
    while not _found(replies[-1], "rsp:ExitCode"):
        replies.append(ask("Receive", _desired(command), shell=shell, size=size))

    assert max(len(reply.body) for reply in replies) <= size


def test_without_cmd_a_program_needs_its_full_path_before_2012_r2(ask: Ask) -> None:
    shell = _open(ask)
    skip = {"WINRS_SKIP_CMD_SHELL": "TRUE"}
    path = r"C:\Windows\System32\hostname.exe"

    assert _code(ask("Command", _command("hostname"), shell=shell, options=skip)) == 2147942402
    assert ask("Command", _command(path), shell=shell, options=skip).status == 200


def test_2012_r2_and_later_ignore_the_wish_to_skip_cmd(make_server: MakeServer, make_request: MakeRequest) -> None:
    service = _service(make_server(os=OperatingSystem(version="6.3.9600", caption="Windows Server 2012 R2")))
    created = service.reply(make_request("Create", SHELL), "127.0.0.1")
    skip = {"WINRS_SKIP_CMD_SHELL": "TRUE"}
    message = make_request("Command", _command("hostname"), shell=_found(created, "rsp:ShellId"), options=skip)

    assert service.reply(message, "127.0.0.1").status == 200


def test_a_command_line_is_the_command_and_its_arguments_between_spaces(ask: Ask) -> None:
    shell = _open(ask)
    words = "<rsp:Command>echo</rsp:Command><rsp:Arguments>a</rsp:Arguments><rsp:Arguments>&lt;b</rsp:Arguments>"
    command = _found(ask("Command", f"<rsp:CommandLine>{words}</rsp:CommandLine>", shell=shell), "rsp:CommandId")

    assert "Done" in str(ask("Receive", _desired(command), shell=shell).body)


def test_the_configuration_tells_the_quotas(ask: Ask) -> None:
    reply = ask("Get", resource="http://schemas.microsoft.com/wbem/wsman/1/config")

    assert _found(reply, "cfg:MaxEnvelopeSizekb") == "150"
    assert _found(reply, "cfg:MaxShellsPerUser") == "5"


def test_every_message_is_counted_and_every_fault(make_server: MakeServer, make_request: MakeRequest) -> None:
    state, counters = make_server(), Counters()
    service = Service(state, counters, Shells(state, counters))

    service.reply(make_request("Create", SHELL), "127.0.0.1")
    service.reply(make_request("Delete", shell="no-such-shell"), "127.0.0.1")

    counts = counters.now()
    assert (counts.messages, counts.faults, counts.shells_opened, counts.shells_deleted) == (2, 1, 1, 0)
