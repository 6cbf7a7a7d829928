"""What every way of speaking WinRM keeps: the same answers, few exchanges, no shell left behind, its deadline."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from auditor.credentials import Credentials
from auditor.errors import NotReached, ServerNotReachedError
from auditor.lab import replies, sealing
from auditor.lab.costs import Costs
from auditor.lab.faults import Fault, FaultError
from auditor.lab.fleet import Fleet
from auditor.lab.running import RunningServer
from auditor.lab.scenario import find_scenario, load_scenario
from auditor.lab.shells import Shells
from auditor.lab.state import Output, Scenario
from auditor.model.answer import Answer, Denied, Failed, Observed
from auditor.model.inventory import Authentication, Connection, Scheme, SecretReference, SecretSource, Server
from auditor.model.question import Question
from auditor.readers.iis_sites import iis_sites
from auditor.readers.registry_key import registry_key
from auditor.readers.registry_value import registry_value
from auditor.script.build import script_for
from auditor.transports.conversation import CHUNK_BYTES
from auditor.transports.transport import Deadline, Delivery
from auditor.transports.winrm import WinRm

PATIENCE = 4.0
KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
QUESTIONS = (
    registry_value(hive="HKLM", key=KEY, name="SSLOffloaded"),
    registry_value(hive="HKLM", key=KEY, name="Not there"),
    registry_key(hive="HKLM", key=KEY, view="64"),
    iis_sites(),
)
WAYS: Mapping[str, tuple[Scheme, Authentication]] = {
    "http-ntlm": (Scheme.HTTP, Authentication.NTLM),
    "https-basic": (Scheme.HTTPS, Authentication.BASIC),
    "https-ntlm": (Scheme.HTTPS, Authentication.NTLM),
}
Start = Callable[..., Fleet]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts one server of the scenario `small`, spoken to in one of the ways."""
    fleets = []

    def begin(way: str = "http-ntlm", *, servers: int = 1, **fields: object) -> Fleet:
        scheme, method = WAYS[way]
        first = load_scenario(find_scenario("small")).servers[0]
        state = replace(first, scheme=scheme, authentications=(method,), **fields)  # type: ignore[arg-type]  # any field
        fleets.append(Fleet.start(Scenario(name="test", servers=(state,)), servers))
        return fleets[-1]

    yield begin
    for fleet in fleets:
        fleet.stop()


def _server(running: RunningServer) -> Server:
    basic = Authentication.BASIC in running.state.authentications
    connection = Connection(
        address=running.address,
        port=running.port,
        scheme=running.scheme,
        authentication=Authentication.BASIC if basic else Authentication.NTLM,
        username=running.username,
        secret=SecretReference(source=SecretSource.ENVIRONMENT, reference="PASSWORD"),
        ca_file=str(running.ca_file),
    )
    return Server(name=running.name, connection=connection)


def _winrm(fleet: Fleet) -> WinRm:
    return WinRm(Credentials(environ={"PASSWORD": fleet.password}))


def _ask(fleet: Fleet, questions: Sequence[Question] = QUESTIONS, *, seconds: float = 20.0) -> Delivery:
    return _winrm(fleet).ask(_server(fleet.servers[0]), questions, Deadline.after(seconds))


def _refusal(fleet: Fleet, *, seconds: float = 20.0) -> ServerNotReachedError:
    with pytest.raises(ServerNotReachedError) as raised:
        _ask(fleet, seconds=seconds)
    return raised.value


def _assert_no_shell_is_left(fleet: Fleet) -> None:
    counts = fleet.servers[0].counters.now()
    assert (counts.shells_opened, counts.shells_deleted) == (1, 1)


def _many(number: int, length: int = 0) -> tuple[Question, ...]:
    return tuple(registry_value(hive="HKLM", key=KEY, name=f"{each}{'x' * length}") for each in range(number))


@pytest.mark.parametrize("way", WAYS)
def test_each_way_brings_the_same_answers(start, way):
    expected = _ask(start("http-ntlm")).answers

    delivery = _ask(start(way))

    assert delivery.complete
    assert delivery.answers == expected
    assert isinstance(delivery.answers[QUESTIONS[0]], Observed)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("number", [3, 300])
def test_five_messages_whatever_the_number_of_questions(start, way, number):
    fleet = start(way)

    delivery = _ask(fleet, _many(number))

    assert len(delivery.answers) == number
    assert fleet.servers[0].counters.now().messages == 5
    assert fleet.servers[0].counters.now().connections == 1
    assert delivery.exchanges == fleet.servers[0].counters.now().exchanges
    _assert_no_shell_is_left(fleet)


def test_a_set_of_questions_too_large_for_one_message_is_sent_in_two(start):
    fleet, questions = start(), _many(400, length=200)

    delivery = _ask(fleet, questions)

    assert CHUNK_BYTES < len(script_for(questions)) <= 2 * CHUNK_BYTES
    assert delivery.complete
    assert set(delivery.answers) == set(questions)
    assert not any(isinstance(answer, Failed | Denied) for answer in delivery.answers.values())


def test_many_servers_at_once_keep_their_answers_apart(start):
    fleet = start(servers=12)
    winrm = _winrm(fleet)

    def ask(running: RunningServer) -> Mapping[Question, Answer]:
        return winrm.ask(_server(running), QUESTIONS, Deadline.after(30)).answers

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, fleet.servers))

    assert all(each == answers[0] for each in answers)
    assert [running.counters.now().shells_deleted for running in fleet.servers] == [1] * 12


def test_a_command_that_never_ends_is_ended_at_the_deadline_and_its_shell_deleted(start):
    fleet, started = start(costs=Costs(powershell_start=600.0)), time.monotonic()

    error = _refusal(fleet, seconds=2)

    assert error.kind is NotReached.TIMED_OUT
    assert time.monotonic() - started < 2 + PATIENCE
    _assert_no_shell_is_left(fleet)


def test_a_server_that_is_busy_is_sent_the_input_again(start, monkeypatch):
    monkeypatch.setattr("auditor.transports.conversation._BUSY_SECONDS", 0.05)
    real, busy = Shells.send, iter([True, True])

    def send(*arguments: Any, **named: Any) -> None:
        if next(busy, False):
            raise FaultError(Fault(code=170, subcode="w:InternalError", reason="Busy."))
        real(*arguments, **named)

    monkeypatch.setattr(Shells, "send", send)
    fleet = start()

    assert _ask(fleet).complete
    assert fleet.servers[0].counters.now().messages == 7


def test_a_slow_command_is_waited_for_with_more_than_one_receive(start, monkeypatch):
    monkeypatch.setattr("auditor.transports.winrm._OPERATION_SECONDS", 1)
    fleet = start(costs=Costs(powershell_start=1.5))

    delivery = _ask(fleet)

    assert delivery.complete
    assert fleet.servers[0].counters.now().messages == 6


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("garbage", [b"", b"<not", b"\xff\xfe\x00"])
def test_a_garbled_message_is_told_and_the_shell_deleted(start, monkeypatch, way, garbage):
    monkeypatch.setattr("auditor.lab.replies.received", lambda *_: garbage)
    fleet = start(way)

    error = _refusal(fleet)

    assert error.kind is NotReached.NOT_WINRM
    _assert_no_shell_is_left(fleet)


def test_messages_that_say_nothing_are_no_reason_to_hammer_the_server(start, monkeypatch):
    nothing = replies.Delivery(pieces=(), done=False, exit_code=0)
    monkeypatch.setattr("auditor.lab.shells.Shells.receive", lambda *_: nothing)
    fleet = start()

    error = _refusal(fleet, seconds=2.5)

    assert error.kind is NotReached.TIMED_OUT
    assert fleet.servers[0].counters.now().messages < 20
    _assert_no_shell_is_left(fleet)


def test_a_connection_that_is_lost_in_the_middle_is_told_and_the_shell_deleted_on_a_new_one(start, monkeypatch):
    def lose(*_: object) -> bytes:
        raise ConnectionResetError

    monkeypatch.setattr("auditor.lab.replies.received", lose)
    fleet = start()

    error = _refusal(fleet)

    assert error.kind is NotReached.BROKEN
    assert fleet.servers[0].counters.now().connections >= 2
    _assert_no_shell_is_left(fleet)


def test_an_answer_in_the_clear_is_not_believed_where_the_conversation_is_sealed(start, monkeypatch):
    monkeypatch.setattr(sealing, "seal", lambda _context, message: message)
    monkeypatch.setattr(sealing, "CONTENT_TYPE", "application/soap+xml;charset=UTF-8")

    error = _refusal(start())

    assert error.kind is NotReached.NOT_WINRM


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (Output(), "holds no reply"),
        (Output(stdout=b"Hello\r\n"), "Hello"),
        (Output(stderr=b"'powershell' is not recognized as a command", exit_code=1), "is not recognized"),
        (
            Output(stderr=b'#< CLIXML\r\n<Objs Version="1.1" xmlns="x"><S S="Error">No_x000D__x000A_</S></Objs>'),
            ": No)",
        ),
    ],
)
def test_output_without_a_reply_is_told_with_what_powershell_said(start, monkeypatch, output, told):
    monkeypatch.setattr("auditor.lab.shells.run", lambda *_: output)
    fleet = start()

    error = _refusal(fleet)

    assert error.kind is NotReached.GARBLED
    assert told in str(error)
    assert f"exit code {output.exit_code}" in str(error)
    _assert_no_shell_is_left(fleet)


def test_output_without_an_end_is_not_read_to_the_end(start, monkeypatch):
    monkeypatch.setattr("auditor.transports.conversation.MAX_OUTPUT_BYTES", 50_000)
    monkeypatch.setattr("auditor.lab.shells.run", lambda *_: Output(stdout=b"x" * 400_000))
    fleet = start()

    error = _refusal(fleet)

    assert error.kind is NotReached.GARBLED
    assert "has no end" in str(error)
    _assert_no_shell_is_left(fleet)


def test_a_reply_that_was_cut_off_is_partial(start, monkeypatch):
    whole = b"AUDITOR-REPLY 1\n"
    monkeypatch.setattr("auditor.lab.shells.run", lambda *_: Output(stdout=whole))

    delivery = _ask(start())

    assert not delivery.complete
    assert "cut off" in delivery.reason
    assert all(isinstance(answer, Failed) for answer in delivery.answers.values())


def test_stopping_ends_what_is_under_way_and_its_shell_is_deleted(start):
    fleet = start(costs=Costs(powershell_start=600.0))
    winrm, errors = _winrm(fleet), list[ServerNotReachedError]()

    def ask() -> None:
        try:
            winrm.ask(_server(fleet.servers[0]), QUESTIONS, Deadline.after(60))
        except ServerNotReachedError as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not fleet.servers[0].counters.now().commands:
        time.sleep(0.01)
    winrm.stop()
    thread.join(10)

    assert not thread.is_alive()
    assert len(errors) == 1
    _assert_no_shell_is_left(fleet)
