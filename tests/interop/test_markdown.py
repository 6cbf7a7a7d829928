"""`report.md` for those it is for: cmark-gfm, which is what GitHub renders with, and markdownlint."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from auditor.formats.format import pieces
from auditor.formats.markdown import FORMAT
from auditor.model.finding import standing
from auditor.model.run import Run
from auditor.runs import read_run

pytestmark = pytest.mark.interop

GOLDEN = Path(__file__).parents[1] / "unit" / "formats" / "every-verdict"
LINTER = Path(__file__).parent / "node_modules" / "markdownlint-cli2" / "markdownlint-cli2-bin.mjs"
HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](http://x.example/y)",
    "http://x.example", "www.x.example", "x@y.example", "@octocat", "#123", "GH-1", "`code`", "``", "\\", "\\`",
    "a|b", "a\\|b", "|", "---", "# heading", "- list", "1. list", "> quote", "```\nfence", "    code", "\r\n\r\n# x",
    "&lt;script&gt;", "&#64;octocat", "<!-- x", "]]>", "\x1b[31m", "\u202egpj", "\ud800", "*b* _i_ ~~s~~ **", "[^1]: x",
    "[x]: http://x.example", ":smile:", "$x$", "<http://x.example>", "* * *", "\t=", "", " ", "deadbeefdeadbeef",
)  # fmt: skip
TAGS = {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "strong"}
NOT_OUTSIDE_CODE = re.compile(r"@\w|#\d|GH-\d|://|www\.|:\w+:|\$")


class Read(HTMLParser):
    """What a browser makes of the page: the tags there are, and what stands outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.prose = ""
        self.cells: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._within.append(tag)
        assert {name for name, _ in attrs} <= {"align"}
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_data(self, data: str) -> None:
        if "code" not in self._within:
            self.prose += data
        if "td" in self._within:
            self.cells[-1] += data


@pytest.fixture(params=["golden", "demo"])
def run(request: pytest.FixtureRequest) -> Run:
    return read_run(GOLDEN if request.param == "golden" else request.getfixturevalue("demo_run"))


def infected(run: Run, poison: str) -> Run:
    findings = [
        replace(
            each, host=each.host + poison, policy=poison, check=poison, title=poison, actual=poison, reason=poison,
            remediation=poison, reference=poison, waiver=each.waiver and replace(each.waiver, id=poison, owner=poison),
        )
        for each in run.findings
    ]  # fmt: skip
    hosts = [replace(each, name=each.name + poison, reason=poison) for each in run.hosts]
    policies = [replace(each, id=poison, version=poison) for each in run.policies]
    return replace(
        run, findings=tuple(findings), hosts=tuple(hosts), policies=tuple(policies), exit_reason=poison,
        waivers=replace(run.waivers, expired=(poison,), unused=(poison,)),
        drift=run.drift and replace(run.drift, against=poison, notes=(poison,)),
    )  # fmt: skip


def rendered(run: Run) -> str:
    cmarkgfm = pytest.importorskip("cmarkgfm", reason="cmarkgfm is not installed")
    options = cmarkgfm.cmark.Options
    # with its raw HTML let through: there must be none to begin with
    text = b"".join(pieces(FORMAT, run)).decode()
    return str(cmarkgfm.github_flavored_markdown_to_html(text, options.CMARK_OPT_UNSAFE))


def read(run: Run) -> Read:
    page = Read()
    page.feed(rendered(run))
    page.close()
    return page


@pytest.mark.parametrize("poison", HOSTILE)
def test_nothing_that_is_said_becomes_markup_a_link_or_a_mention(run: Run, poison: str) -> None:
    page = read(infected(run, poison))

    assert page.tags.keys() <= TAGS
    assert not NOT_OUTSIDE_CODE.search(page.prose)


@pytest.mark.parametrize("poison", [text for text in HOSTILE if text])
def test_nothing_that_is_said_changes_how_the_page_is_built(poison: str) -> None:
    run = read_run(GOLDEN)

    clean, dirty = (read(infected(run, text)).tags for text in ("x", poison))

    built = TAGS - {"code", "p"}
    assert {tag: clean[tag] for tag in built} == {tag: dirty[tag] for tag in built}


def test_the_table_counts_what_stands_in_the_run(run: Run) -> None:
    cells = list(told(read(run).cells, 3))

    words = {"error (not known)": "error", "not applicable": "not_applicable"}
    counted = {words.get(row[0], row[0]): int(row[1]) for row in cells if int(row[1])}
    assert counted == Counter(standing(finding).value for finding in run.findings)


def told(cells: list[str], width: int) -> Iterator[list[str]]:
    for place in range(0, len(cells), width):
        yield cells[place : place + width]


def test_every_server_that_was_not_reached_is_named(run: Run) -> None:
    page = rendered(run)

    for host in run.hosts:
        if host.status == "unreachable":
            assert f"<li><code>{host.name}</code>: " in page


@pytest.mark.parametrize("poison", [None, *HOSTILE])
def test_markdownlint_finds_nothing_wrong(poison: str | None, tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node or not LINTER.exists():
        pytest.skip("markdownlint-cli2 is not installed (npm ci --prefix tests/interop)")
    run = read_run(GOLDEN)
    (tmp_path / "report.md").write_bytes(b"".join(pieces(FORMAT, run if poison is None else infected(run, poison))))
    # a comment shows a line feed as one, so a paragraph is a line
    (tmp_path / ".markdownlint.json").write_text('{"MD013": false}')

    done = subprocess.run(
        [node, LINTER, "report.md"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
