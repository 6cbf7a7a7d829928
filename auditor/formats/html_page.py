"""The page of the HTML report: the template with its style and script, and the policy that lets nothing else run."""

from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.formats.escape import shortened
from auditor.formats.html_words import counted, server_name
from auditor.formats.json_text import shown

if TYPE_CHECKING:
    from jinja2 import Environment, Template

ASSETS = "html_assets"
STYLES = ("colours.css", "page.css", "findings.css", "matrix.css", "print.css")
SCRIPTS = ("data.js", "state.js", "filters.js", "card.js", "list.js", "matrix.js", "matrix_keys.js", "main.js")

_LONGEST = 20_000
_BUFFERED = 200
_WEB = ("https://", "http://")


def rendered(template: str, values: dict[str, Any]) -> Iterator[bytes]:
    """Yield a page, piece by piece; every value in it is escaped, with its hidden characters spelled out."""
    stream = _template(template).stream(values)
    stream.enable_buffering(_BUFFERED)
    for piece in stream:
        yield piece.encode("utf-8")


def style() -> str:
    """Return the whole style sheet."""
    return "".join(asset(name) for name in STYLES)


def script() -> str:
    """Return the whole script, in a scope of its own."""
    return '"use strict";\n{\n' + "".join(asset(name) for name in SCRIPTS) + "}\n"


def asset(name: str) -> str:
    """Return a file of the page as text."""
    return files("auditor.formats").joinpath(ASSETS, name).read_text(encoding="utf-8")


def content_security_policy(style_text: str, script_text: str) -> str:
    """Return what the page may do: use this style and this script, and show images it holds itself.

    Hashes are those of Content Security Policy Level 3, section 2.3.1. With `require-trusted-types-for` no script can
    make markup of a text (Trusted Types, W3C), where a browser knows it.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script_text)}'",
            f"style-src '{_hash(style_text)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _template(name: str) -> "Template":
    return _environment().get_template(name)


@cache
def _environment() -> "Environment":
    # imported here, so that no other command waits for it
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    def harmless(value: object) -> object:
        return value if isinstance(value, Markup) else shown(shortened(str(value), _LONGEST))

    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        loader=FunctionLoader(asset),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["server_name"] = server_name
    environment.filters["in_link"] = lambda text: quote(shown(text), safe="")
    environment.filters["web"] = lambda link: link if link.startswith(_WEB) else ""
    environment.globals["counted"] = counted
    environment.globals["markup"] = Markup
    return environment
