r"""Two peers as their users call them: `python peer_clients.py testinfra|pywinrm TASK`; `bench_peers.py` starts it.

TASK is a JSON file: `servers` (endpoint parts, username, password), `key`, `facts` (name: number that is its value) and
`parallel`, how many servers are worked on at once, in threads. Each fact is read by a call of its own, as a test or a
control does it, and must have its value. What a server said wrongly ends the program with exit code 1.
"""

import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

Task: TypeAlias = Mapping[str, Any]
Server: TypeAlias = Mapping[str, Any]


def testinfra(server: Server, task: Task) -> bool:
    """Read with pytest-testinfra's WinRM backend and reg.exe."""
    peer = import_module("testinfra")  # one peer's start is not the other's, and who checks types need not have it
    account = f"{quote(server['username'], safe='')}:{quote(server['password'], safe='')}"
    host = peer.get_host(f"winrm://{account}@{server['address']}:{server['port']}?no_ssl=true")
    return all(
        f"REG_DWORD    0x{value:x}" in host.check_output(f'reg query "HKLM\\{task["key"]}" /v {name}')
        for name, value in task["facts"].items()
    )


def pywinrm(server: Server, task: Task) -> bool:
    """Read with pywinrm's `Session.run_ps`, a PowerShell process for each fact."""
    import winrm  # noqa: PLC0415  one peer's start is not the other's

    target = f"http://{server['address']}:{server['port']}/wsman"
    session = winrm.Session(target, auth=(server["username"], server["password"]), transport="ntlm")
    return all(
        session.run_ps(f"(Get-ItemProperty -Path 'HKLM:\\{task['key']}' -Name '{name}').{name}").std_out.strip()
        == str(value).encode()
        for name, value in task["facts"].items()
    )


PEERS: Mapping[str, Callable[[Server, Task], bool]] = {"testinfra": testinfra, "pywinrm": pywinrm}


def main() -> None:
    """Read all facts of all servers."""
    peer, task = PEERS[sys.argv[1]], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    with ThreadPoolExecutor(task["parallel"]) as threads:
        right = list(threads.map(lambda server: peer(server, task), task["servers"]))
    if not all(right):
        raise SystemExit(f"{right.count(False)} servers did not have the values")


if __name__ == "__main__":
    main()
