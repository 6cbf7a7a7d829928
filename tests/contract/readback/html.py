"""How the page's own script reads `report.html`, and what a person sees of it without the script."""

import json
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any


class _Page(HTMLParser):
    """Collects the data block, and the numbers of the legend on the first screen."""

    def __init__(self) -> None:
        super().__init__()
        self.data = ""
        self.legend: dict[str, str] = {}
        self._standing = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self._inside = "data" if found.get("id") == "data" else tag
        if tag == "a" and (found.get("data-filter") or "").startswith("verdict="):
            self._standing = str(found["data-filter"]).removeprefix("verdict=")
        if tag == "b" and found.get("class") == "number" and self._standing:
            self._inside = "number"

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""
        if tag == "a":
            self._standing = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "data":
            self.data += data
        elif self._inside == "number":
            self.legend[self._standing] = data


def _page(files: Mapping[str, bytes]) -> tuple[Any, Counter[str]]:
    page = _Page()
    page.feed(files["report.html"].decode())
    page.close()
    legend = Counter({name: int(number.replace(",", "")) for name, number in page.legend.items()})
    return json.loads(page.data), +legend


def standings(files: Mapping[str, bytes]) -> Counter[str]:
    data, legend = _page(files)
    counted: Counter[str] = Counter()
    for part in data["parts"]:
        for _, verdict, _, _, waiver, *_ in part["rows"]:
            counted["waived" if waiver >= 0 else data["verdicts"][verdict]] += 1
    assert legend == counted, "the first screen counts otherwise than the data below it"
    return counted


def unreachable(files: Mapping[str, bytes]) -> set[str]:
    data, _ = _page(files)
    return {part["host"]["name"] for part in data["parts"] if part["host"]["status"] == "unreachable"}
