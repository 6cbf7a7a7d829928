"""`report.html` in Debian's Chromium, driven by Playwright; looked over by axe-core and html-validate (npm)."""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from auditor.formats.format import pieces
from auditor.formats.html import FORMAT
from auditor.model.answer import Answer, Observed
from auditor.model.drift import ChangeKind
from auditor.model.finding import FLEET, Finding, Verdict, identity, order, standing
from auditor.model.run import Run
from auditor.runs import read_run
from auditor.stored_evidence import answers_kept

pytestmark = pytest.mark.interop

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "unit" / "formats" / "every-verdict"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
EVIL = "</script><script>alert('ran')</script><img src=http://198.51.100.7/x onerror=alert('ran')>\u202e\x1b[31m\ud800"
WORDS = {
    "fail": "fail",
    "warn": "warn",
    "error": "not known",
    "waived": "waived",
    "not_applicable": "not applicable",
    "pass": "pass",
}
SERIOUS = ("serious", "critical")


@dataclass
class Opened:
    """A page, and what must not have happened in it."""

    page: Any
    asked: list[str] = field(default_factory=list)
    went_wrong: list[str] = field(default_factory=list)

    def listed(self) -> list[str]:
        """Return the identities of the findings in the list, top down; it is whole up to 200."""
        links = self.page.locator("#list a.row").all()
        return [re.sub(r"^.*finding-([0-9a-f]+).*$", r"\1", link.get_attribute("href")) for link in links]

    def numbers(self) -> Counter[str]:
        """Return the numbers on the buttons, by standing."""
        chips = {each.get_attribute("data-standing"): each.locator("b").inner_text() for each in self.chips()}
        return +Counter({name: int(number.replace(",", "")) for name, number in chips.items()})

    def chips(self) -> list[Any]:
        return list(self.page.locator("#filters .chip").all())

    def settle(self) -> None:
        """Wait until what was typed and clicked is shown."""
        self.page.wait_for_timeout(250)


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install playwright)")
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed (Debian: chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a run's report; at the end nothing was loaded, asked or broken."""
    pages: list[Opened] = []

    def open_report(report: bytes, address: str = "", **options: Any) -> Opened:
        file = tmp_path / "report.html"
        file.write_bytes(report)
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        found = Opened(page=context.new_page())
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.on("dialog", lambda dialog: found.went_wrong.append(dialog.message))
        found.page.on("pageerror", lambda error: found.went_wrong.append(str(error)))
        found.page.on("console", lambda message: found.went_wrong.append(message.text))
        found.page.goto(file.as_uri() + address)
        pages.append(found)
        return found

    yield open_report
    for each in pages:
        assert each.went_wrong == []
        assert [url for url in each.asked if not url.startswith(("file:", "data:"))] == []
        each.page.context.close()


@pytest.fixture
def run() -> Run:
    return read_run(GOLDEN)


@pytest.fixture(scope="module")
def axe() -> Path:
    file = HERE / "node_modules" / "axe-core" / "axe.min.js"
    if not file.is_file():
        pytest.skip("axe-core is not installed (npm ci --prefix tests/interop)")
    return file


def written(run: Run) -> bytes:
    return b"".join(pieces(FORMAT, run, lambda _: answered(run)))


def answered(run: Run) -> dict[str, Answer]:
    return {question: Observed(data={"data": 1}) for finding in run.findings for question in finding.questions}


def stored(folder: Path) -> tuple[Run, bytes]:
    run = read_run(folder)
    with answers_kept(folder) as answers:
        return run, b"".join(pieces(FORMAT, run, answers))


def names(findings: list[Finding]) -> set[str]:
    return {identity(finding) for finding in findings}


@pytest.fixture(params=["every verdict", "demo"])
def report(request: pytest.FixtureRequest, run: Run) -> tuple[Run, bytes]:
    return (run, written(run)) if request.param == "every verdict" else stored(request.getfixturevalue("demo_run"))


def test_the_numbers_are_those_of_the_run(opened: Open, report: tuple[Run, bytes]) -> None:
    run, html = report

    found = opened(html)

    counted = Counter(standing(finding).value for finding in run.findings)
    assert found.numbers() == counted
    assert found.page.locator("#findings-said").inner_text() == f"{len(run.findings)} findings."
    for name, number in counted.items():
        found.page.goto(found.page.url.partition("#")[0] + f"#verdict={name}")
        assert len(found.listed()) == number
    legend = found.page.locator("ul.legend li").all_inner_texts()
    assert [" ".join(each.split()[1:]) for each in legend] == [f"{counted[name]} {WORDS[name]}" for name in WORDS]


def test_the_matrix_shows_each_finding_as_it_stands(opened: Open, report: tuple[Run, bytes]) -> None:
    run, html = report

    found = opened(html)

    cells = found.page.locator("#matrix td[data-identity]").evaluate_all(
        "cells => cells.map((cell) => [cell.dataset.identity, cell.dataset.standing])"
    )
    assert dict(cells) == {identity(each): standing(each).value for each in run.findings}
    assert len(cells) == len(run.findings)
    servers = found.page.locator("#matrix tbody th .name").all_inner_texts()
    assert set(servers) == {host.name for host in run.hosts} | {"All servers together"}


@pytest.mark.parametrize(
    ("address", "holds"),
    [
        ("#verdict=fail,waived", lambda each: standing(each).value in ("fail", "waived")),
        ("#severity=medium", lambda each: each.severity == "medium"),
        ("#server=cas02", lambda each: "cas02" in each.host),
        ("#server=all%20servers", lambda each: each.host == FLEET),
        ("#group=mailbox", lambda each: each.host.startswith("mbx")),
        ("#check=ssl-not-required", lambda each: each.check == "ssl-not-required"),
        ("#policy=exchange-2007-owa-ssl-offloading&verdict=pass", lambda each: each.verdict is Verdict.PASS),
        ("#q=REFUSED%20winrm", lambda each: "connection refused" in each.reason),
        ("#q=jane%20doe", lambda each: each.waiver is not None and each.waiver.owner == "Jane Doe"),
        ("#q=no-such-text", lambda _: False),
        ("#q=%zz&verdict=warn", lambda each: standing(each).value == "warn"),
    ],
)
def test_what_the_address_asks_for_is_shown(
    opened: Open, run: Run, address: str, holds: Callable[[Finding], bool]
) -> None:
    found = opened(written(run), address)

    assert set(found.listed()) == names([each for each in run.findings if holds(each)])


def test_drift_is_filtered_by_its_kind(opened: Open, run: Run) -> None:
    assert run.drift is not None
    changed = {
        (each.host, each.policy, each.check) for each in run.drift.changes if each.kind is ChangeKind.STILL_DEVIATING
    }

    found = opened(written(run), "#drift=still_deviating")

    assert set(found.listed()) == names([each for each in run.findings if order(each) in changed])
    found.page.goto(found.page.url.partition("#")[0] + "#drift=new")
    assert len(found.listed()) == 2


def test_the_controls_write_the_address_and_the_address_sets_the_controls(opened: Open, run: Run) -> None:
    found = opened(written(run))

    found.page.get_by_label("Search").fill("ssl")
    found.page.get_by_role("button", name="waived").click()
    found.page.get_by_label("Severity").select_option("high")
    found.settle()
    copied = found.page.url
    again = opened(written(run), "#" + copied.partition("#")[2])

    assert copied.partition("#")[2] == "q=ssl&verdict=waived&severity=high"
    assert again.listed() == found.listed() != []
    assert again.page.get_by_label("Search").input_value() == "ssl"
    assert again.page.get_by_role("button", name="waived").get_attribute("aria-pressed") == "true"
    again.page.get_by_role("button", name="Show all").click()
    again.settle()
    assert len(again.listed()) == len(run.findings)


def test_the_numbers_of_the_first_screen_lead_to_what_they_count(opened: Open, run: Run) -> None:
    found = opened(written(run))

    found.page.locator("#is-unknown ~ p a", has_text="4 checks not known").click()
    found.settle()

    assert set(found.listed()) == names([each for each in run.findings if each.verdict is Verdict.ERROR])


def test_a_link_to_a_finding_opens_it_whole(opened: Open, report: tuple[Run, bytes]) -> None:
    run, html = report
    finding = next(each for each in run.findings if each.waiver is not None and each.questions)
    assert finding.waiver is not None

    found = opened(html, f"#finding-{identity(finding)}")

    dialog = found.page.get_by_role("dialog")
    shown = " ".join(dialog.inner_text().split())
    policy = run.policies[0]
    (check,) = (each for each in policy.checks if each.id == finding.check)
    for said in (
        finding.title, finding.host, finding.expected, finding.actual, finding.reason, finding.remediation,
        check.rationale, finding.reference, policy.source.document, policy.source.date, f"line {check.line}",
        finding.waiver.owner, finding.waiver.expires, finding.waiver.reason,
        *(each for ids in check.mappings.values() for each in ids),
    ):  # fmt: skip
        assert " ".join(said.split()) in shown
    rows = dialog.locator("details.evidence tbody tr")
    assert rows.count() == len(finding.questions)
    assert set(rows.locator("td:nth-child(2)").all_text_contents()) == set(finding.questions)


def test_every_part_of_a_link_survives_that_the_finding_is_gone(opened: Open, run: Run) -> None:
    found = opened(written(run), "#finding-00000000000000000000000000000000&verdict=fail")

    assert "no finding 00000000" in found.page.get_by_role("dialog").inner_text()
    found.page.keyboard.press("Escape")
    found.settle()
    assert found.page.url.endswith("#verdict=fail")


def test_reading_a_finding_leaves_the_page_where_it_was(opened: Open, run: Run) -> None:
    found = opened(written(run))
    last = found.page.locator("#list a.row").last
    last.scroll_into_view_if_needed()
    place = found.page.evaluate("scrollY")

    last.click()
    found.page.get_by_role("button", name="Close").click()
    found.settle()

    assert found.page.evaluate("scrollY") == place > 0
    assert last.evaluate("link => link === document.activeElement")


def test_next_leads_through_all_that_is_chosen(opened: Open, run: Run) -> None:
    found = opened(written(run), "#verdict=error")
    expected = found.listed()

    found.page.locator("#list a.row").first.click()
    seen = [found.page.url.partition("finding-")[2].partition("&")[0]]
    found.page.get_by_role("link", name="Next").focus()
    for _ in expected[1:]:
        found.page.keyboard.press("Enter")
        found.settle()
        seen.append(found.page.url.partition("finding-")[2].partition("&")[0])

    assert seen == expected
    assert found.page.get_by_role("link", name="Next").count() == 0


def test_a_finding_about_the_fleet_shows_what_each_server_answered(opened: Open, run: Run) -> None:
    (finding,) = (each for each in run.findings if each.host == FLEET)

    found = opened(written(run), f"#finding-{identity(finding)}")

    asked = found.page.locator("dialog details.evidence tbody td:nth-child(2)").all_text_contents()
    assert asked == [f"{host.name}: {question}" for host in run.hosts for question in finding.questions]


def test_the_keyboard_alone_reaches_and_reads_everything(opened: Open, run: Run) -> None:
    found = opened(written(run))
    keyboard = found.page.keyboard

    keyboard.press("Tab")
    assert found.page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    keyboard.press("Enter")
    assert found.page.evaluate("document.activeElement.id") == "findings"
    keyboard.press("Tab")
    assert found.page.evaluate("document.activeElement.className") == "row"
    found.page.locator("#matrix td[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "End", "Home", "Control+End", "Control+Home", "PageDown", "PageUp"):
        keyboard.press(key)
        assert found.page.evaluate("document.activeElement.tagName") == "TD"
        assert found.page.locator("#matrix td[tabindex='0']").count() == 1
    keyboard.press("ArrowDown")
    opened_by_key = found.page.evaluate("document.activeElement.dataset.identity")
    keyboard.press("Enter")
    found.settle()
    assert found.page.url.endswith(f"#finding-{opened_by_key}")
    assert found.page.evaluate("document.activeElement.closest('dialog') !== null")
    before = found.page.url
    keyboard.press("ArrowRight")
    found.settle()
    assert found.page.url != before
    keyboard.press("Escape")
    found.settle()
    assert found.page.get_by_role("dialog").count() == 0
    assert found.page.evaluate("document.activeElement.tagName") == "TD"
    keyboard.press("/")
    assert found.page.evaluate("document.activeElement.id") == "by-q"


def test_what_servers_say_never_runs(opened: Open, run: Run) -> None:
    findings = tuple(
        replace(each, host=f"{each.host}{EVIL}", check=f"{each.check}{EVIL}", title=EVIL, actual=EVIL, reason=EVIL,
                expected=EVIL, remediation=EVIL, questions=(EVIL,))
        for each in run.findings
    )  # fmt: skip
    hosts = tuple(
        replace(each, name=f"{each.name}{EVIL}", groups=(EVIL,), reason=EVIL, platform={EVIL: EVIL})
        for each in run.hosts
    )
    poisoned = replace(run, findings=findings, hosts=hosts, exit_reason=EVIL)

    found = opened(written(poisoned))

    assert len(found.listed()) == len(run.findings)
    found.page.locator("#list a.row").first.click()
    found.settle()
    assert "<img src=" in found.page.get_by_role("dialog").inner_text()
    assert r"\u202e\u001b[31m\ud800" in found.page.get_by_role("dialog").inner_text()
    assert found.page.locator("img").count() == 0
    assert found.page.locator("script").count() == 2


def test_the_policy_stops_a_script_that_got_in_all_the_same(opened: Open, run: Run) -> None:
    html = written(run).replace(b"<main>", b"<main><script>alert('ran')</script><p onclick=alert(1)>", 1)

    found = opened(html)

    assert found.numbers() == Counter(standing(finding).value for finding in run.findings)
    assert [said for said in found.went_wrong if "Content Security Policy" in said]
    assert "ran" not in found.went_wrong
    found.went_wrong.clear()


def test_a_megabyte_is_folded(opened: Open, run: Run) -> None:
    huge = replace(run.findings[1], actual="x" * 1_000_000)

    found = opened(written(replace(run, findings=(huge,))), f"#finding-{identity(huge)}")

    dialog = found.page.get_by_role("dialog")
    assert "more characters, see run.json" in (dialog.locator("[data-part=actual]").text_content() or "")
    assert dialog.locator("[data-part=actual]").bounding_box()["height"] < 300


def test_without_javascript_what_deviates_is_there(opened: Open, report: tuple[Run, bytes]) -> None:
    run, html = report
    deviating = [each for each in run.findings if standing(each).value in ("fail", "warn", "error", "waived")]

    found = opened(html, f"#finding-{identity(deviating[0])}", java_script_enabled=False)

    cards = found.page.locator("article.card")
    assert {each.get_attribute("id") for each in cards.all()} == {f"finding-{name}" for name in names(deviating)}
    assert found.page.locator(f"#finding-{identity(deviating[0])}").is_visible()
    assert found.page.locator("#filters").is_hidden()
    assert found.page.locator("noscript p").is_visible()


def test_only_what_is_in_sight_is_in_the_document(opened: Open, run: Run) -> None:
    hosts = tuple(replace(run.hosts[0], name=f"cas{number:04}") for number in range(600))
    findings = tuple(replace(run.findings[1], host=host.name, check=f"check-{n}") for host in hosts for n in range(4))

    found = opened(written(replace(run, hosts=hosts, findings=findings)))

    assert found.page.locator("#list a.row").count() < 100
    assert found.page.locator("#matrix tbody tr").count() < 100
    found.page.locator("#matrix td[tabindex='0']").focus()
    found.page.keyboard.press("Control+End")
    found.settle()
    last = found.page.evaluate("document.activeElement.dataset.identity")
    assert last == identity(findings[-1])
    found.page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    found.settle()
    assert identity(findings[-1]) in found.listed()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious(opened: Open, axe: Path, report: tuple[Run, bytes], scheme: str, width: int) -> None:
    run, html = report
    waived = next(each for each in run.findings if each.waiver is not None)

    for place in ("", "#verdict=fail,error", f"#finding-{identity(waived)}"):
        found = opened(html, place, color_scheme=scheme, bypass_csp=True, viewport={"width": width, "height": 800})

        assert violations(found, axe) == []


def test_axe_would_find_what_is_too_pale(opened: Open, axe: Path, run: Run) -> None:
    found = opened(written(run), bypass_csp=True)

    found.page.add_style_tag(content="p { color: #bbb !important }")

    assert [said for said in violations(found, axe) if "color-contrast" in said]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_without_javascript_on_the_page(
    opened: Open, axe: Path, run: Run, scheme: str
) -> None:
    html = re.sub(rb"<script>.*?</script>", b"", written(run), flags=re.DOTALL)

    found = opened(html, color_scheme=scheme, bypass_csp=True)

    assert found.page.locator("article.card").count() > 0
    assert violations(found, axe) == []


def violations(found: Opened, axe: Path) -> list[str]:
    found.page.add_script_tag(path=axe)
    seen = found.page.evaluate("axe.run()")
    return [
        json.dumps([each["id"], each["impact"], [node["html"] for node in each["nodes"]][:3]])
        for each in seen["violations"]
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_is_never_wider_than_the_screen(opened: Open, report: tuple[Run, bytes], width: int) -> None:
    _, html = report

    found = opened(html, viewport={"width": width, "height": 800})

    assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_shows_what_is_chosen_and_nothing_to_click(opened: Open, run: Run) -> None:
    found = opened(written(run), "#verdict=waived")

    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    found.page.emulate_media(media="print")

    assert found.page.locator("#paper article.card").count() == 2
    assert found.page.locator("#fleet-table").is_visible()
    for gone in ("#filters", "#matrix", "#list", "nav"):
        assert found.page.locator(gone).first.is_hidden()
    found.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert found.page.locator("#paper article.card").count() == 0


def test_html_validate_has_nothing_to_say(report: tuple[Run, bytes], tmp_path: Path) -> None:
    program = HERE / "node_modules" / ".bin" / "html-validate"
    if not shutil.which("node") or not program.exists():
        pytest.skip("html-validate is not installed (npm ci --prefix tests/interop)")
    file = tmp_path / "report.html"
    file.write_bytes(report[1])

    done = subprocess.run([program, file], capture_output=True, text=True, check=False, timeout=120, cwd=HERE)

    assert (done.returncode, done.stdout) == (0, "")
