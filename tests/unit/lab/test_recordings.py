"""The simulated server's messages have the structure of messages recorded from real servers.

The recorded requests are replayed with the ids of our shells and commands in place of theirs; of the responses,
elements, namespaces and attribute names are compared. Texts differ, and so does how often a stream comes.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TypeAlias
from xml.etree.ElementTree import Element, fromstring

import pytest
import yaml

from auditor.lab.counters import Counters
from auditor.lab.service import Service
from auditor.lab.shells import Shells
from auditor.lab.state import ServerState
from auditor.script.build import ARGUMENTS, COMMAND

SOAP = "{http://www.w3.org/2003/05/soap-envelope}"
RSP = "{http://schemas.microsoft.com/wbem/wsman/1/windows/shell}"
ID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

WITHOUT_ACTIVITY_ID = (
    "test_client_execute_cmd",
    "test_winrs_fail_poll_process",
    "test_winrs_no_cmd_shell",
    "test_winrs_send",
    "test_winrs_standard",
    "test_winrs_stderr_rc",
)
WITH_ACTIVITY_ID = (
    "test_winrs_bad_cmd_id",
    "test_winrs_environment",
    "test_winrs_extra_opts",
    "test_winrs_noprofile",
    "test_winrs_unicode",
)
PYWINRM = (
    ("open_shell_request", "open_shell_response"),
    ("run_cmd_with_args_request", "run_cmd_ps_response"),
    ("get_cmd_ps_output_request", "get_cmd_output_response"),
    ("cleanup_cmd_request", "cleanup_cmd_response"),
    ("run_cmd_req_input", "run_cmd_req_input_response"),
    ("run_cmd_send_input", "run_cmd_send_input_response"),
    ("run_cmd_send_input_get_output", "run_cmd_send_input_get_output_response"),
    ("stdin_cmd_cleanup", "stdin_cmd_cleanup_response"),
    ("close_shell_request", "close_shell_response"),
)

MakeServer: TypeAlias = Callable[..., ServerState]
Shape: TypeAlias = "tuple[str, tuple[str, ...], tuple[Shape, ...]]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    request: str
    response: str


class Replay:
    """Sends recorded requests to our service, their ids replaced by those ours gave for them."""

    def __init__(self, state: ServerState) -> None:
        counters = Counters()
        self._service = Service(state, counters, Shells(state, counters))
        self._ours: dict[str, str] = {}

    def answer(self, exchange: Exchange) -> Element:
        request = ID.sub(lambda match: self._ours.get(match[0], match[0]), exchange.request)
        ours = fromstring(self._service.reply(request.encode(), "127.0.0.1").body)
        theirs = fromstring(exchange.response.encode())
        for path in (".//*[@Name='ShellId']", f".//{RSP}CommandId"):
            old, new = theirs.findtext(path), ours.findtext(path)
            if old and new:
                self._ours[old] = new
        return ours


@pytest.fixture
def replay(make_server: MakeServer) -> Replay:
    return Replay(make_server())


@pytest.mark.parametrize(
    ("recording", "envelope_kb"),
    [*((name, 150) for name in WITHOUT_ACTIVITY_ID), *((name, 500) for name in WITH_ACTIVITY_ID)],
)
def test_recorded_requests_get_responses_of_the_recorded_structure(
    shared_data: Path, make_server: MakeServer, recording: str, envelope_kb: int
) -> None:
    replay = Replay(make_server(max_envelope_kb=envelope_kb))

    for exchange in _pypsrp(shared_data, recording):
        assert _shape(replay.answer(exchange)) == _shape(fromstring(exchange.response.encode()))


def test_the_requests_that_pywinrm_sends_get_responses_of_the_recorded_structure(
    shared_data: Path, replay: Replay
) -> None:
    for request, response in PYWINRM:
        exchange = _pywinrm(shared_data, request, response)

        assert _shape(_without_description(replay.answer(exchange))) == _shape(fromstring(exchange.response.encode()))


def test_a_receive_with_more_to_come_has_the_recorded_structure(shared_data: Path, replay: Replay) -> None:
    create, command, receive, *_ = _pypsrp(shared_data, "test_winrs_operation_timeout")
    replay.answer(create)
    replay.answer(replace(command, request=_with_command(command.request, "echo " + "x" * 8000)))

    ours = replay.answer(replace(receive, request=receive.request.replace("153600", "8192")))

    assert _shape(ours) == _shape(fromstring(receive.response))


def test_a_receive_that_timed_out_has_the_recorded_structure(shared_data: Path, replay: Replay) -> None:
    create, command, _, receive, *_ = _pypsrp(shared_data, "test_winrs_operation_timeout")
    replay.answer(create)
    replay.answer(replace(command, request=_with_command(command.request, " ".join([COMMAND, *ARGUMENTS]))))

    ours = replay.answer(replace(receive, request=re.sub(r"PT\d+S", "PT0.01S", receive.request)))

    assert "TimedOut" in receive.response
    assert _shape(ours) == _shape(fromstring(receive.response))


def test_a_fault_of_mustunderstand_has_the_recorded_structure(shared_data: Path, replay: Replay) -> None:
    recorded = (shared_data / "pywinrm" / "fault__wsman_fault_must_understand.xml").read_text(encoding="utf-8")
    create = _pypsrp(shared_data, "test_winrs_standard")[0]
    request = create.request.replace("wsman:ResourceURI ", "wsman:ResourceUri ").replace("ResourceURI>", "ResourceUri>")

    ours = replay.answer(Exchange(request=request, response=recorded))

    assert _shape(ours) == _shape(fromstring(recorded))


def test_the_configuration_has_only_elements_of_the_recorded_one(shared_data: Path, replay: Replay) -> None:
    exchange = _pypsrp(shared_data, "test_wsman_update_envelope_size_150")[0]

    assert _paths(replay.answer(exchange)) <= _paths(fromstring(exchange.response))


def test_a_powershell_shell_is_refused_because_only_the_command_shell_is_simulated(
    shared_data: Path, replay: Replay
) -> None:
    create = _pypsrp(shared_data, "test_client_execute_ps_failure")[0]

    assert replay.answer(create).find(f".//{SOAP}Fault") is not None


def test_every_recording_of_a_command_shell_is_replayed(shared_data: Path) -> None:
    recorded = {path.stem for path in (shared_data / "pypsrp").glob("test_*.yml")}
    others = {name for name in recorded if "envelope_size" in name or name.endswith("ps_failure")}

    assert recorded - others == {*WITHOUT_ACTIVITY_ID, *WITH_ACTIVITY_ID, "test_winrs_operation_timeout"}


def _pypsrp(shared_data: Path, name: str) -> list[Exchange]:
    document = yaml.safe_load((shared_data / "pypsrp" / f"{name}.yml").read_text(encoding="utf-8"))
    return [Exchange(request=each["request"], response=each["response"]) for each in document["messages"]]


def _pywinrm(shared_data: Path, request: str, response: str) -> Exchange:
    texts = [(shared_data / "pywinrm" / f"{name}.xml").read_text(encoding="utf-8") for name in (request, response)]
    # "%s" is where pywinrm's tests put a digit; their command ids differ between two families of files.
    sent, answered = (text.replace("%s", "1") for text in texts)
    return Exchange(request=sent, response=answered)


def _with_command(request: str, line: str) -> str:
    return re.sub(r"<rsp:CommandLine>.*</rsp:CommandLine>", _command_line(line), request)


def _command_line(line: str) -> str:
    return f"<rsp:CommandLine><rsp:Command>{line}</rsp:Command></rsp:CommandLine>"


def _without_description(root: Element) -> Element:
    """Take away what pywinrm's recording of Create, made for its parser, leaves out: the shell's description."""
    body = root.find(f"{SOAP}Body")
    description = None if body is None else body.find(f"{RSP}Shell")
    if body is not None and description is not None:
        body.remove(description)
    return root


def _shape(element: Element) -> Shape:
    children: Sequence[Shape] = [shape for shape, _ in groupby(_shape(child) for child in element)]
    return element.tag, tuple(sorted(element.keys())), tuple(children)


def _paths(element: Element, above: str = "") -> frozenset[str]:
    here = f"{above}/{element.tag}"
    return frozenset({here}).union(*(_paths(child, here) for child in element))
