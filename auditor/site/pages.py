"""Templates -> pages: everything escaped, hidden characters spelled out, one style sheet that alone may apply."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from auditor.formats.escape import shortened, visible, visible_lines
from auditor.site.names import anchor, page_name
from auditor.site.standing import BAD, GONE, WORDS, host_words, stands

_LONGEST = 20_000
_SHORT = 300
_BUFFERED = 200


class Pages:
    """Renders the pages of one site; `common` are the values that every page shows."""

    def __init__(self, common: dict[str, Any]) -> None:
        self._environment = _environment()
        style = _style()
        digest = b64encode(sha256(style.encode()).digest()).decode("ascii")
        # frame-ancestors cannot stand in a page; nothing here can be clicked that does anything
        policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
        self._environment.globals |= common | {"csp": policy, "style": Markup(style)}  # noqa: S704  our own file

    def render(self, template: str, root: str, **values: Any) -> Iterator[str]:
        """Yield a page, piece by piece; `root` leads from it to the front page's folder."""
        stream = self._environment.get_template(f"{template}.html.j2").stream(root=root, page=template, **values)
        stream.enable_buffering(_BUFFERED)
        yield from stream


def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        loader=FunctionLoader(_template),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "day": lambda moment: moment[:16].replace("T", " "),
        "lines": visible_lines,
        "host": host_words,
        "stands": stands,
        "number": "{:,}".format,
        "short": lambda text: shortened(text, _SHORT),
    }
    environment.globals |= {
        "page_name": page_name,
        "anchor": anchor,
        "words": {standing.value: word for standing, word in WORDS.items()},
        "bad": BAD,
        "gone": GONE,
    }
    return environment


def _harmless(value: object) -> object:
    return value if isinstance(value, Markup) else visible(shortened(str(value), _LONGEST))


def _template(name: str) -> str:
    return files(__package__).joinpath("templates", name).read_text(encoding="utf-8")


def _style() -> str:
    """Return the style: the colours of the HTML report, so that both look alike, and the site's own."""
    colours = files("auditor.formats").joinpath("html_assets", "colours.css").read_text(encoding="utf-8")
    return colours + _template("style.css")
