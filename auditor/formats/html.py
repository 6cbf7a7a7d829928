"""`report.html`: a run for people, in one file that needs no network and works from a mail attachment."""

from collections.abc import Iterator

from auditor.formats.format import Answers, Format, ReportFile
from auditor.formats.html_card import EMPTY, Cards
from auditor.formats.html_data import embedded
from auditor.formats.html_overview import newest, overview_of, worst
from auditor.formats.html_page import content_security_policy, rendered, script, style
from auditor.formats.html_words import KINDS, PARTS, SIGNS, WORDS, WORST_FIRST
from auditor.model.finding import identity
from auditor.model.run import Run

MOST_CARDS = 100
"""How many findings stand in the page without its script; the script shows all."""

_MOST_ANSWERS = 10
_MOST_NEW = 5
_MOST_SERVERS = 300
_MOST_LISTED = 1000
_FIRST_LISTED = 5


def _render(run: Run, answers: Answers) -> Iterator[bytes]:
    cards = Cards.of(run, answers, _MOST_ANSWERS)
    style_text, script_text = style(), script()
    return rendered(
        "report.html.j2",
        {
            "run": run,
            "overview": overview_of(run),
            "new": [(identity(finding), finding) for finding in newest(run, _MOST_NEW)],
            "cards": map(cards.card, worst(run, MOST_CARDS)),
            "empty": EMPTY,
            "data": embedded(run, answers),
            "style": style_text,
            "script": script_text,
            "policy": content_security_policy(style_text, script_text),
            "standings": WORST_FIRST,
            "signs": SIGNS,
            "words": WORDS,
            "kinds": KINDS,
            "part_names": PARTS,
            "most_cards": MOST_CARDS,
            "most_servers": _MOST_SERVERS,
            "most_listed": _MOST_LISTED,
            "first_listed": _FIRST_LISTED,
        },
    )


def _files(run: Run, answers: Answers) -> Iterator[ReportFile]:
    yield ReportFile(name="report.html", content=_render(run, answers))


FORMAT = Format(
    name="html",
    reader="people: in a browser, on paper, from a mail attachment",
    filename="report.html",
    files=_files,
)
