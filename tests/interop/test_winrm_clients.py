"""Other people's WinRM clients use the simulated servers as if they were Windows: two in Python, one in JavaScript."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from pypsrp.shell import Process, SignalCode, WinRS
from pypsrp.wsman import WSMan
from winrm.exceptions import InvalidCredentialsError, WinRMOperationTimeoutError
from winrm.protocol import Protocol

from auditor.lab.fleet import Fleet
from auditor.lab.running import RunningServer
from auditor.model.answer import Observed
from auditor.model.inventory import Scheme
from auditor.readers.registry_value import registry_value
from auditor.script.build import ARGUMENTS, COMMAND, script_for
from auditor.script.reply import read_reply

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
WAYS = [("ntlm", "ntlm"), ("tls", "ntlm"), ("tls", "basic")]
KEY = r"SYSTEM\CurrentControlSet\Services\MSExchange OWA"
QUESTIONS = (registry_value(hive="HKLM", key=KEY, name="SSLOffloaded"),)


def _pypsrp(server: RunningServer, password: str, method: str, **more: Any) -> WSMan:
    secure = server.scheme is Scheme.HTTPS
    trust = str(server.ca_file) if secure else True
    return WSMan(
        server.address,
        port=server.port,
        ssl=secure,
        auth=method,
        username=server.username,
        password=password,
        cert_validation=trust,  # type: ignore[arg-type]  # documented to take the path of a CA bundle too
        no_proxy=True,
        **more,
    )


def _pywinrm(server: RunningServer, password: str, method: str, **more: Any) -> Protocol:
    return Protocol(
        server.endpoint,
        transport=method,  # type: ignore[arg-type]  # the parameter's words come from WAYS
        username=server.username,
        password=password,
        ca_trust_path=str(server.ca_file),
        proxy=None,
        **more,
    )


def _observed(output: bytes) -> object:
    answer = read_reply(output, QUESTIONS).answers[QUESTIONS[0]]
    assert isinstance(answer, Observed)
    return answer.data


@pytest.mark.parametrize(("name", "method"), WAYS)
def test_pypsrp_runs_a_command(fleet: Fleet, name: str, method: str) -> None:
    server = fleet.server(name)

    with _pypsrp(server, fleet.password, method) as wsman, WinRS(wsman) as shell:
        process = Process(shell, "hostname")
        process.invoke()
        process.signal(SignalCode.CTRL_C)

    assert (process.stdout, process.stderr, process.rc) == (f"{server.state.computer}\r\n".encode(), b"", 0)
    assert server.counters.now().shells_open == 0


@pytest.mark.parametrize(("name", "method"), WAYS)
def test_pypsrp_sends_a_script_on_standard_input(fleet: Fleet, name: str, method: str) -> None:
    script = script_for(QUESTIONS).encode()

    with _pypsrp(fleet.server(name), fleet.password, method) as wsman, WinRS(wsman) as shell:
        process = Process(shell, COMMAND, list(ARGUMENTS))
        process.begin_invoke()
        process.send(script[:1000], end=False)
        process.send(script[1000:], end=True)
        process.end_invoke()

    assert _observed(process.stdout) == {"type": "REG_DWORD", "data": 1}


def test_pypsrp_speaks_spnego_where_it_is_left_to_choose(fleet: Fleet) -> None:
    server = fleet.server("ntlm")

    with _pypsrp(server, fleet.password, "negotiate") as wsman, WinRS(wsman) as shell:
        process = Process(shell, "ver")
        process.invoke()

    assert b"6.0.6002" in process.stdout


def test_pypsrp_reads_the_envelope_size_from_the_configuration(fleet: Fleet) -> None:
    with _pypsrp(fleet.server("ntlm"), fleet.password, "ntlm", max_envelope_size=8192) as wsman:
        wsman.update_max_payload_size()

        assert wsman.max_envelope_size == 150 * 1024


def test_pypsrp_understands_our_faults(fleet: Fleet) -> None:
    with _pypsrp(fleet.server("ntlm"), fleet.password, "ntlm") as wsman, WinRS(wsman) as shell:
        process = Process(shell, "hostname")
        process.invoke()

        with pytest.raises(WSManFaultError) as caught:
            process.send(b"too late", end=True)

    assert str(caught.value.code) == "2150858843"


def test_pypsrp_is_refused_with_a_wrong_password(fleet: Fleet) -> None:
    with (
        pytest.raises(AuthenticationError),
        _pypsrp(fleet.server("ntlm"), "wrong", "ntlm") as wsman,
        WinRS(wsman),
    ):
        pass


@pytest.mark.parametrize(("name", "method"), WAYS)
def test_pywinrm_runs_a_command(fleet: Fleet, name: str, method: str) -> None:
    server = fleet.server(name)
    client = _pywinrm(server, fleet.password, method)

    shell = client.open_shell()
    command = client.run_command(shell, "echo", ["one", "two"])
    output = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell, close_session=True)

    assert output == (b"one two\r\n", b"", 0)
    assert server.counters.now().shells_open == 0


def test_pywinrm_needs_six_messages_for_a_script_and_its_answer(fleet: Fleet) -> None:
    server = fleet.server("ntlm")
    client = _pywinrm(server, fleet.password, "ntlm")

    shell = client.open_shell()
    command = client.run_command(shell, COMMAND, list(ARGUMENTS), console_mode_stdin=False)
    client.send_command_input(shell, command, script_for(QUESTIONS).encode(), end=True)
    output, _, _ = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell, close_session=True)

    assert _observed(output) == {"type": "REG_DWORD", "data": 1}
    assert server.counters.now().messages == 6


def test_pywinrm_knows_our_operation_timeout(fleet: Fleet) -> None:
    client = _pywinrm(fleet.server("ntlm"), fleet.password, "ntlm", operation_timeout_sec=1, read_timeout_sec=30)
    shell = client.open_shell()
    command = client.run_command(shell, COMMAND, list(ARGUMENTS))

    with pytest.raises(WinRMOperationTimeoutError):
        client.get_command_output_raw(shell, command)

    client.close_shell(shell, close_session=True)


def test_pywinrm_is_refused_with_a_wrong_password(fleet: Fleet) -> None:
    client = _pywinrm(fleet.server("ntlm"), "wrong", "ntlm")

    with pytest.raises(InvalidCredentialsError):
        client.open_shell()

    client.transport.close_session()


@pytest.mark.parametrize("username", [r"AUDITLAB\auditor", "auditor"], ids=["ntlm", "basic"])
def test_the_javascript_client_runs_a_command(fleet: Fleet, username: str) -> None:
    reply = _javascript(fleet.server("tls"), username, fleet.password)

    assert reply == {"output": "TLS"}
    assert fleet.server("tls").counters.now().shells_open == 0


def test_the_javascript_client_is_refused_with_a_wrong_password(fleet: Fleet) -> None:
    assert "401" in _javascript(fleet.server("tls"), r"AUDITLAB\auditor", "wrong")["error"]


def _javascript(server: RunningServer, username: str, password: str) -> dict[str, str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not on PATH")
    if not (HERE / "node_modules" / "winrm-client").is_dir():
        pytest.skip("the npm package winrm-client is not installed: run `npm ci` in tests/interop")
    settings = {
        "WINRM_HOST": server.address,
        "WINRM_PORT": str(server.port),
        "WINRM_USERNAME": username,
        "WINRM_PASSWORD": password,
        "WINRM_HTTPS": "yes",
        "NODE_EXTRA_CA_CERTS": str(server.ca_file),
    }
    finished = subprocess.run(
        [node, str(HERE / "winrm_client.js"), "hostname"],
        env={**os.environ, **settings},
        capture_output=True,
        timeout=60,
        check=False,
    )
    reply: dict[str, str] = json.loads(finished.stdout)
    return reply
