"""Messages arrive at a real SMTP server and a real HTTP server on loopback; what fails is told without its secrets."""

import email
import http.server
import json
import logging
import socket
import sys
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from apprise.plugins.custom_json import NotifyJSON

from auditor.credentials import Credentials
from auditor.errors import UsageError
from auditor.message import Message
from auditor.notify import Failure, notify, refuse_bad_addresses, tell
from auditor.secret import Secret

MESSAGE = Message(title="auditor: 1 new", body="new: 1\n  cas01: owa/<b>ssl</b>\nreport: /reports/1\n")
TOKEN = "T0k3nOfTheHook"
LOOPBACK = ("127.0.0.1", "::1")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test reach another machine, and fail it when it tries to."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        assert address[0] in LOOPBACK, f"tried to reach {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def dead_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


class Receiver(http.server.BaseHTTPRequestHandler):
    received: list[tuple[str, Any]]
    status: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.path, json.loads(body)))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(f"you sent {self.path}".encode())

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def web() -> Iterator[http.server.ThreadingHTTPServer]:
    handler = type("OneReceiver", (Receiver,), {"received": [], "status": 200})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Mailbox(Sink):
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@pytest.fixture
def smtp(dead_port: int) -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=dead_port)
    controller.start()
    try:
        yield mailbox, dead_port
    finally:
        controller.stop()


def mail_url(port: int, user: str = "") -> Secret:
    return Secret(f"mailto://{user}127.0.0.1:{port}?mode=insecure&from=auditor@corp.example&to=ops@corp.example")


def test_a_webhook_gets_the_message(web: http.server.ThreadingHTTPServer) -> None:
    failures = notify([Secret(f"json://127.0.0.1:{web.server_port}/hooks/{TOKEN}")], MESSAGE)

    ((path, document),) = web.RequestHandlerClass.received  # type: ignore[attr-defined]  # the handler of this fixture
    assert failures == ()
    assert path == f"/hooks/{TOKEN}"
    assert (document["title"], document["message"].strip()) == (MESSAGE.title, MESSAGE.body.strip())


def test_a_mailbox_gets_the_message(smtp: tuple[Mailbox, int]) -> None:
    mailbox, port = smtp

    failures = notify([mail_url(port)], MESSAGE)

    (mail,) = mailbox.mails
    assert failures == ()
    assert (mail["Subject"], mail["To"]) == (MESSAGE.title, "ops@corp.example")
    assert "auditor" in mail["From"]


def test_a_mail_shows_markup_as_text_and_fetches_nothing(smtp: tuple[Mailbox, int]) -> None:
    mailbox, port = smtp

    notify([mail_url(port)], MESSAGE)

    texts = {part.get_content_type(): part.get_content() for part in mailbox.mails[0].walk() if not part.is_multipart()}
    assert "<b>" not in texts.get("text/html", "")
    assert "http" not in "".join(texts.values())
    assert any("cas01: owa/" in text for text in texts.values())


def test_one_dead_notifier_does_not_keep_the_next_from_its_message(
    web: http.server.ThreadingHTTPServer, dead_port: int
) -> None:
    urls = [Secret(f"json://127.0.0.1:{dead_port}/"), Secret(f"json://127.0.0.1:{web.server_port}/")]

    (failure,) = notify(urls, MESSAGE)

    assert failure.place == f"json://127.0.0.1:{dead_port}"
    assert len(web.RequestHandlerClass.received) == 1  # type: ignore[attr-defined]  # the handler of this fixture


@pytest.mark.parametrize(
    "url",
    [
        "json://user:{token}@127.0.0.1:{port}/x",
        "json://127.0.0.1:{port}/hooks/{token}",
        "jsons://127.0.0.1:{port}/hooks/{token}?verify=no",
        "form://127.0.0.1:{port}/?+X-Key={token}",
        "xml://{token}:x@127.0.0.1:{port}",
        "mailto://user:{token}@127.0.0.1:{port}?mode=insecure&from=a@b.example&to=c@d.example",
    ],
)
def test_a_dead_port_is_told_without_its_secrets(url: str, dead_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    (failure,) = notify([Secret(url.format(token=TOKEN, port=dead_port))], MESSAGE)

    shown = capsys.readouterr()
    assert failure.place.endswith(f"://127.0.0.1:{dead_port}")
    assert "onnection" in failure.reason
    assert TOKEN not in repr(failure) + shown.out + shown.err


def test_a_server_that_repeats_the_secret_does_not_spread_it(web: http.server.ThreadingHTTPServer) -> None:
    web.RequestHandlerClass.status = 500  # type: ignore[attr-defined]  # the handler of this fixture

    (failure,) = notify([Secret(f"json://127.0.0.1:{web.server_port}/hooks/{TOKEN}")], MESSAGE)

    assert "500" in failure.reason
    assert TOKEN not in repr(failure)


@pytest.mark.parametrize(
    "url", [f"nosuch://{TOKEN}", TOKEN, f"slack://{TOKEN}", f"json://[{TOKEN}", f"json://u:{TOKEN}/x@h", ""]
)
def test_what_is_no_url_is_told_without_showing_it(
    url: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        (failure,) = notify([Secret(url)], MESSAGE)

    shown = capsys.readouterr()
    assert failure.reason
    assert TOKEN not in repr(failure) + shown.out + shown.err


def test_a_plugin_that_raises_ends_nothing(monkeypatch: pytest.MonkeyPatch, dead_port: int) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr(NotifyJSON, "notify", broken)

    failures = notify([Secret(f"json://127.0.0.1:{dead_port}/")], MESSAGE)

    assert failures == (Failure(place=f"json://127.0.0.1:{dead_port}", reason="apprise ended with RuntimeError"),)


def test_without_its_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    (failure,) = notify([Secret(f"json://127.0.0.1/{TOKEN}")], MESSAGE)

    assert "pip install auditor[notify]" in failure.reason
    assert notify([], MESSAGE) == ()
    with pytest.raises(UsageError, match=r"pip install auditor\[notify\]"):
        refuse_bad_addresses(["json://127.0.0.1"])


def test_an_address_comes_by_reference(web: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    url = f"json://127.0.0.1:{web.server_port}/"
    (tmp_path / "url").write_text(f"{url}file\n")
    credentials = Credentials(environ={"HOOK": f"{url}environment"})

    failures = tell(["environment:HOOK", f"file:{tmp_path / 'url'}", f"{url}plain"], MESSAGE, credentials)

    assert failures == ()
    paths = [path for path, _ in web.RequestHandlerClass.received]  # type: ignore[attr-defined]  # of this fixture
    assert paths == ["/environment", "/file", "/plain"]


def test_a_reference_that_leads_nowhere_is_a_failure_like_any_other() -> None:
    failures = tell(["environment:HOOK", f"command:false {TOKEN}"], MESSAGE, Credentials(environ={}))

    assert [failure.place for failure in failures] == ["environment:HOOK", "command:****"]
    assert "HOOK is not set" in failures[0].reason
    assert TOKEN not in repr(failures)


def test_addresses_without_sense_are_refused_before_the_audit() -> None:
    refuse_bad_addresses(["json://127.0.0.1/x", "environment:HOOK", "mailto://u:p@corp.example"])

    for bad in (f"nosuch://{TOKEN}", "environment:", "prompt", "corp.example"):
        with pytest.raises(UsageError, match="number 2 is no URL") as refused:
            refuse_bad_addresses(["json://127.0.0.1/x", bad])
        assert TOKEN not in str(refused.value)
