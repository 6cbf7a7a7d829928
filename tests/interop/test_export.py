"""A sealed export for other people's programs: OpenSSL, securesystemslib, in-toto, CycloneDX, unzip, a TSA over HTTP.

The commands are those of docs/security-review.md, word for word.
"""

import base64
import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from auditor.cli.main import main
from auditor.model.finding import Standing, standing
from auditor.runs import read_run

pytestmark = pytest.mark.interop

PROGRAMS = ("openssl", "unzip", "sha256sum", "base64", "sed", "bash")
PLACEHOLDER = "http://timestamp.example.com"
TSA = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


@pytest.fixture(scope="session")
def blocks(repository: Path) -> dict[str, list[str]]:
    """Return the code of the page about the export, by language."""
    page = (repository / "docs" / "security-review.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return {language: [code for kind, code in found if kind == language] for language, _ in found}


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        pytest.skip(f"not installed: {', '.join(missing)}")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a time stamping authority: its certificate, and the root that vouches for it."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "extensions").write_text("extendedKeyUsage=critical,timeStamping\n")
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder))
    for line in (
        "req -x509 -newkey rsa:2048 -nodes -keyout root.key -out authority.pem -days 30 -subj /CN=Root",
        "req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=TSA",
        "x509 -req -in tsa.csr -CA authority.pem -CAkey root.key -set_serial 2 -out tsa.pem -extfile extensions",
    ):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def stamping(authority: Path) -> Iterator[str]:
    """Yield the URL of an authority that OpenSSL stamps for."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (authority / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            words = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
            subprocess.run(["openssl", *words], cwd=authority, check=True, capture_output=True)
            content = (authority / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def place(demo_run: Path, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder: reports in it, and the root that time stamps lead to."""
    shutil.copytree(demo_run.parent, tmp_path / "reports", symlinks=True)
    shutil.copy(authority / "authority.pem", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def documented(blocks: dict[str, list[str]], *beginnings: str, stamping: str = "") -> list[int]:
    """Run the documented `auditor` commands that begin so, in their order; return their exit codes."""
    lines = [line for block in blocks["sh"] for line in block.splitlines() if line.startswith("auditor ")]
    chosen = [line for line in lines if line.startswith(tuple(f"auditor {each}" for each in beginnings))]
    assert len({line.partition(" ")[2].partition(" ")[0] for line in chosen}) == len({b.split()[0] for b in beginnings})
    return [main(shlex.split(line.replace(PLACEHOLDER, stamping))[1:]) for line in chosen]


@pytest.fixture
def sealed(place: Path, blocks: dict[str, list[str]]) -> Path:
    """Return `review.zip`, sealed by the documented commands."""
    assert documented(blocks, "keys new", "export last --out review.zip") == [0, 0]
    return place / "review.zip"


@pytest.fixture
def stamped(sealed: Path, blocks: dict[str, list[str]], stamping: str) -> Path:
    """Return `stamped.zip`, which follows `review.zip`."""
    assert documented(blocks, "export last --out stamped.zip", stamping=stamping) == [0]
    return sealed.with_name("stamped.zip")


def block_with(blocks: dict[str, list[str]], language: str, words: str) -> str:
    (block,) = (each for each in blocks[language] if words in each)
    return block


def by_hand(blocks: dict[str, list[str]], folder: Path) -> subprocess.CompletedProcess[str]:
    script = "set -e\n" + block_with(blocks, "sh", "openssl pkeyutl")
    return subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=False)


def test_every_documented_command_works(stamped: Path, blocks: dict[str, list[str]], stamping: str) -> None:
    codes = documented(blocks, "verify", "export last --out shared.zip", "run --evidence", stamping=stamping)

    assert codes == [0, 0, 0, 3, 0]


def test_openssl_finds_it_genuine(sealed: Path, blocks: dict[str, list[str]]) -> None:
    done = by_hand(blocks, sealed.parent)

    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout


@pytest.mark.parametrize("name", ["README.txt", "evidence.jsonl", "SHA256SUMS", "attestation.dsse.json"])
def test_openssl_finds_a_changed_file(sealed: Path, blocks: dict[str, list[str]], name: str) -> None:
    with zipfile.ZipFile(sealed) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    changed = bytearray(files[name])
    changed[len(changed) // 3] ^= 1
    with zipfile.ZipFile(sealed, "w") as archive:
        for each, content in (files | {name: bytes(changed)}).items():
            archive.writestr(each, content)

    assert by_hand(blocks, sealed.parent).returncode != 0


def test_openssl_refuses_another_key(sealed: Path, blocks: dict[str, list[str]]) -> None:
    main(["keys", "new", "--out", "other.pem"])
    Path("other.pub.pem").replace("review.pub.pem")

    assert by_hand(blocks, sealed.parent).returncode != 0


def test_the_commands_in_the_readme_are_those_that_work(sealed: Path, blocks: dict[str, list[str]]) -> None:
    subprocess.run(["unzip", "-q", "../review.zip"], cwd=made("unpacked"), check=True)
    readme = Path("unpacked/README.txt").read_text(encoding="ascii")

    commands = readme.partition("Without auditor")[2].partition("\n\n")[2].partition("    openssl ts")[0]
    script = "set -e\n" + commands.replace("KEY.pub.pem", "../review.pub.pem")
    done = subprocess.run(["bash", "-c", script], cwd="unpacked", capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert "run.json: OK" in done.stdout


def made(name: str) -> Path:
    Path(name).mkdir()
    return Path(name)


def test_openssl_confirms_the_time_stamp(stamped: Path, blocks: dict[str, list[str]]) -> None:
    subprocess.run(["unzip", "-q", "../stamped.zip"], cwd=made("review"), check=True)
    command = block_with(blocks, "sh", "openssl ts -verify")

    good = subprocess.run(["bash", "-c", command], cwd="review", capture_output=True, text=True, check=False)
    Path("review/SHA256SUMS").write_bytes(b"changed")
    bad = subprocess.run(["bash", "-c", command], cwd="review", capture_output=True, text=True, check=False)

    assert good.returncode == 0
    assert "Verification: OK" in good.stdout
    assert bad.returncode != 0


def test_a_time_stamp_counts_only_from_an_authority_that_is_named(
    stamped: Path, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("verify", "stamped.zip", "--key", "review.pub.pem")
    stranger = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "s.key",
        "-out",
        "s.pem",
        "-subj",
        "/CN=Root",
    ]
    subprocess.run(["openssl", *stranger], check=True, capture_output=True)

    codes = [main([*words]), main([*words, "--time-stamp-ca", "authority.pem"])]
    told = capsys.readouterr().out
    codes += [main([*words, "--time-stamp-ca", "s.pem"])]
    refused = capsys.readouterr().out

    assert codes == [0, 0, 1]
    assert "to check name --time-stamp-ca" in told
    assert "says an authority that you named" in told
    assert "time-stamp.tsr: it is not from an authority named by --time-stamp-ca" in refused


def test_the_authority_gets_a_digest_and_nothing_else(stamped: Path, authority: Path) -> None:
    assert len((authority / "query").read_bytes()) < 100


def test_an_authority_that_refuses_is_told_and_nothing_is_written(
    sealed: Path, blocks: dict[str, list[str]], stamping: str, authority: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = (authority / "tsa.cnf").read_text()
    (authority / "tsa.cnf").write_text(broken.replace("digests = sha256", "digests = sha512"))
    try:
        code = documented(blocks, "export last --out stamped.zip", stamping=stamping)
    finally:
        (authority / "tsa.cnf").write_text(broken)

    assert code == [2]
    assert "the reply is no time stamp: it was refused" in capsys.readouterr().err
    assert not Path("stamped.zip").exists()


def test_securesystemslib_finds_it_genuine(sealed: Path, blocks: dict[str, list[str]]) -> None:
    subprocess.run(["unzip", "-q", "../review.zip"], cwd=made("review"), check=True)
    (program,) = blocks["python"]

    def run() -> int:
        return subprocess.run(
            [sys.executable, "-c", program], cwd="review", capture_output=True, check=False
        ).returncode

    assert run() == 0
    Path("review/run.json").write_bytes(Path("review/run.json").read_bytes() + b" ")
    assert run() != 0


@pytest.mark.parametrize("words", [["unzip", "-tq"], [sys.executable, "-m", "zipfile", "-t"]])
def test_other_programs_unpack_it(stamped: Path, words: list[str]) -> None:
    done = subprocess.run([*words, str(stamped)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_in_toto_reads_statement_and_predicate_strictly(sealed: Path, demo_run: Path) -> None:
    read = pytest.importorskip("google.protobuf.json_format", reason="in-toto-attestation is not installed").ParseDict
    statements = pytest.importorskip("in_toto_attestation.v1.statement", reason="in-toto-attestation is not installed")
    plain = pytest.importorskip("in_toto_attestation.v1.statement_pb2")
    results = pytest.importorskip("in_toto_attestation.predicates.test_result.v0.test_result_pb2")
    with zipfile.ZipFile(sealed) as archive:
        names = archive.namelist()
        envelope = json.loads(archive.read("attestation.dsse.json"))
    data = json.loads(base64.b64decode(envelope["payload"]))

    statement = read(data, plain.Statement())
    statements.Statement.copy_from_pb(statement).validate()
    result = read(data["predicate"], results.TestResult())

    run = read_run(demo_run)
    assert [each.name for each in statement.subject] == names[:-1]
    assert result.result == "FAILED"
    decided_by = ["policies/exchange-2007-owa-ssl-offloading.yaml", "waivers/waivers.yaml"]
    assert [each.name for each in result.configuration] == decided_by
    bad = {each.check for each in run.findings if standing(each) in (Standing.FAIL, Standing.ERROR)}
    assert {name.partition("/")[2] for name in result.failed_tests} == bad


def test_cyclonedx_reads_the_bill_of_materials(sealed: Path) -> None:
    boms = pytest.importorskip("cyclonedx.model.bom", reason="cyclonedx-python-lib is not installed")
    validators = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib is not installed")
    versions = pytest.importorskip("cyclonedx.schema")
    with zipfile.ZipFile(sealed) as archive:
        text = archive.read("sbom.cdx.json").decode()

    assert validators.JsonStrictValidator(versions.SchemaVersion.V1_6).validate_str(text) is None
    bom = boms.Bom.from_json(json.loads(text))
    bom.validate()
    names = {component.name for component in bom.components}
    assert {"cryptography", "pywinrm", "requests"} <= names


def test_the_traceability_matrix_agrees_with_the_run(sealed: Path, demo_run: Path) -> None:
    with zipfile.ZipFile(sealed) as archive, archive.open("traceability.csv") as file:
        lines = csv.DictReader(line.decode() for line in file)
        results = Counter(row["result"] for row in lines if row["check"])

    assert results == Counter(standing(each).value for each in read_run(demo_run).findings)
