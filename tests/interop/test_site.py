"""The site in Debian's Chromium, under axe-core and html-validate: links, requests, hostile names, colour schemes."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from auditor.cli.main import main

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.interop

NODE_MODULES = Path(__file__).parent / "node_modules"
CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
KINDS = ("index.html", "servers.html", "checks.html", "runs.html", "waivers.html", "servers", "checks", "runs")
VALIDATOR = NODE_MODULES / "html-validate" / "bin" / "html-validate.mjs"

_spec = importlib.util.spec_from_file_location("site_history", Path(__file__).parents[1] / "site_history.py")
assert _spec is not None
assert _spec.loader is not None
_history = importlib.util.module_from_spec(_spec)
sys.modules["site_history"] = _history
_spec.loader.exec_module(_history)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the runs' folder `reports` and the site `site` of a history full of hostile names."""
    made = tmp_path_factory.mktemp("web")
    reports = made / "reports"
    reports.mkdir()
    _history.make(reports, hostile=True)
    assert main(["site", "--runs", str(reports), "--out", str(made / "site")]) == 0
    return made


@pytest.fixture(scope="module")
def site(folder: Path) -> Path:
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed (Debian: chromium)")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


class Links(HTMLParser):
    """The links of a page, and the names in it that a link can lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = set()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.names.add(value or "")
            if name == "href":
                self.links.append(value or "")


def test_every_link_leads_to_a_page_of_the_site_or_a_report(folder: Path, pages: list[Path]) -> None:
    read = {page: Links(page) for page in pages}

    broken = []
    for page, found in read.items():
        for link in found.links:
            path, _, name = link.partition("#")
            target = (page.parent / unquote(path)).resolve() if path else page
            if target not in read and target.name == "report.html" and target.is_relative_to(folder / "reports"):
                continue
            if target not in read or (name and name not in read[target].names):
                broken.append((page.name, link))
    assert sum(len(found.links) for found in read.values()) > 1000
    assert broken == []


def test_every_page_is_led_to(site: Path, pages: list[Path]) -> None:
    led_to = {(page.parent / unquote(link.partition("#")[0])).resolve() for page in pages for link in Links(page).links}

    assert {page for page in pages if page.resolve() not in led_to} == set()
    assert site / "index.html" in pages


def test_there_is_nothing_in_a_page_that_could_run_or_load(pages: list[Path]) -> None:
    for page in pages:
        found = Links(page)
        assert found.tags.isdisjoint(
            {"script", "img", "iframe", "object", "embed", "link", "form", "base", "foreignobject"}
        )
        assert not [name for name in found.attributes if name.startswith("on") or name in ("style", "src", "srcset")]


def test_no_request_leaves_nothing_runs_and_the_style_applies(browser: "Browser", pages: list[Path]) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))

    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("window.ran") is None
        assert page.evaluate("getComputedStyle(document.querySelector('header')).display") == "flex"

    assert asked == [path.as_uri() for path in pages]
    assert said == []
    context.close()


def test_it_works_from_a_web_server_too(browser: "Browser", site: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is theirs
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        root = f"http://127.0.0.1:{server.server_port}/"

        page.goto(root)
        for name in ("Servers", "Checks", "Runs and changes", "Waivers"):
            page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
            assert page.locator("h1").inner_text() == name
        page.close()
        server.shutdown()

    assert len(asked) >= 5
    assert all(url.startswith(root) for url in asked)


def test_a_server_is_found_from_the_front_page_with_what_it_was_before(browser: "Browser", site: Path) -> None:
    page = browser.new_page()

    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="cas04.corp.example").first.click()
    page.locator("summary").first.click()

    assert page.locator("h1").inner_text() == "cas04.corp.example"
    assert page.locator("details[open] tbody tr").count() == 42
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing_serious(browser: "Browser", site: Path, scheme: Any, kind: str) -> None:
    axe = NODE_MODULES / "axe-core" / "axe.min.js"
    if not axe.exists():
        pytest.skip("axe-core is not installed (npm ci --prefix tests/interop)")
    # the page allows no script at all, so the checker comes in past its policy
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(of_kind(site, kind).as_uri())
    page.add_script_tag(path=axe)

    found = page.evaluate("axe.run()")

    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in serious] == []
    assert len(found["passes"]) > 10
    context.close()


def of_kind(site: Path, kind: str) -> Path:
    """Return the longest page of its kind."""
    place = site / kind
    return place if place.is_file() else max(place.iterdir(), key=lambda path: path.stat().st_size)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_wider_than_its_window(browser: "Browser", site: Path, kind: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})

    page.goto(of_kind(site, kind).as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_html_validate_accepts_every_page(pages: list[Path], tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node or not VALIDATOR.exists():
        pytest.skip("html-validate is not installed (npm ci --prefix tests/interop)")
    config = tmp_path / "html-validate.json"
    # how long a title may be and how blanks are set is taste; a host's name can be long
    config.write_text('{"extends": ["html-validate:recommended"], "rules": {"long-title": "off"}}')

    done = subprocess.run(
        [node, VALIDATOR, "--config", config, *pages], capture_output=True, text=True, check=False, timeout=300
    )

    assert done.returncode == 0, done.stdout[:5000]


def test_html_validate_would_refuse_markup_that_is_torn(pages: list[Path], tmp_path: Path) -> None:
    node = shutil.which("node")
    if not node or not VALIDATOR.exists():
        pytest.skip("html-validate is not installed (npm ci --prefix tests/interop)")
    torn = tmp_path / "torn.html"
    torn.write_text(pages[0].read_text(encoding="utf-8").replace("</table>", "", 1), encoding="utf-8")

    done = subprocess.run([node, VALIDATOR, torn], capture_output=True, check=False, timeout=60)

    assert done.returncode == 1
