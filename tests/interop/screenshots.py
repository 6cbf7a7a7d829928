"""Pictures of the HTML report for the documentation, taken in Debian's Chromium.

    python tests/interop/screenshots.py [RUN]

Without RUN it audits the simulated fleet twice, as the interop tests do: with waivers and with a run to compare with.
It writes docs/images/report-*.png, 1200 pixels wide. Needs playwright (pip) and chromium.
"""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from auditor.cli.main import main as auditor
from auditor.formats.format import pieces
from auditor.formats.html import FORMAT
from auditor.runs import read_run
from auditor.stored_evidence import answers_kept

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE = {"width": 1200, "height": 780}
NARROW = {"width": 390, "height": 780}
STILL = "document.documentElement.style.scrollBehavior = 'auto'"
POLICY = "exchange-2007-owa-ssl-offloading"
WAIVERS = """\
waivers:
  - id: accepted-until-the-move
    policy: {policy}
    checks: [activesync-requires-ssl, activesync-not-offloaded, ssloffloaded-set]
    owner: Jane Doe
    reason: The devices move to another server.
    ticket: CHG-4711
    expires: "{expires:%Y-%m-%d}"
"""


def main() -> None:
    """Make or read the run, write its report, take the pictures."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="screenshots-")))
        run = Path(sys.argv[1]) if sys.argv[1:] else audited(folder)
        report = folder / "report.html"
        with report.open("wb") as file, answers_kept(run) as answers:
            file.writelines(pieces(FORMAT, read_run(run), answers))
        browser = opened.enter_context(sync_playwright()).chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        IMAGES.mkdir(exist_ok=True)
        take(browser, report.as_uri())
        browser.close()


def audited(out: Path) -> Path:
    """Audit the simulated fleet, then judge its evidence again with waivers, and return the folder of that run."""
    waivers = out / "waivers.yaml"
    expires = datetime.now(UTC) + timedelta(days=9)
    waivers.write_text(WAIVERS.format(policy=POLICY, expires=expires), encoding="utf-8")
    auditor(["demo", "--out", str(out)])
    options = ["--out", str(out), "--store", "none", "--waivers", str(waivers)]
    auditor(["run", "--policy", POLICY, "--evidence", "last", "--against", "last", *options])
    return (out / "latest").resolve()


def take(browser: Browser, report: str) -> None:
    """Take all pictures of a report."""
    page = shown(browser, report, WIDE)
    picture(page, "report-first-screen")
    page.evaluate("document.getElementById('fleet').scrollIntoView()")
    page.wait_for_timeout(300)
    picture(page, "report-matrix")
    picture(shown(browser, report, WIDE, "dark"), "report-dark")
    page.locator("#matrix td[data-standing='fail']").nth(1).click()
    page.wait_for_timeout(300)
    picture(page.locator("dialog"), "report-finding")
    picture(shown(browser, report, NARROW), "report-phone")


def shown(browser: Browser, report: str, size: Any, scheme: Any = "light") -> Any:
    """Return a page that shows the report and does not move by itself."""
    page = browser.new_page(viewport=size, color_scheme=scheme)
    page.goto(report)
    page.evaluate(STILL)
    return page


def picture(part: Any, name: str) -> None:
    """Write what is in sight of a page, or of a part of one."""
    file = IMAGES / f"{name}.png"
    part.screenshot(path=file)
    sys.stdout.write(f"{file.name}: {file.stat().st_size // 1024} KB\n")


if __name__ == "__main__":
    main()
