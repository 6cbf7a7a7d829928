"""README.txt of an export: for whoever gets it and may know nothing of `auditor`. Pure."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from auditor.export.bundle import ENVELOPE, Hidden
from auditor.export.statement import result_of
from auditor.formats.escape import visible
from auditor.model.finding import Standing, standing
from auditor.model.run import Run

_WIDTH = 78
_WORDS = {
    Standing.PASS: "pass",
    Standing.WARN: "warnings",
    Standing.FAIL: "fail",
    Standing.WAIVED: "waived (they deviate, and somebody accepted it)",
    Standing.ERROR: "not known (evidence missing, denied or contradictory)",
    Standing.NOT_APPLICABLE: "not applicable",
}
_WHAT = (
    ("run.json", "the whole run: servers, findings, what changed; `auditor schema run` describes it"),
    ("evidence.jsonl", "every question that was asked and its answer, one server a line"),
    ("policies/", "what was judged by; run.json has their SHA-256"),
    ("waivers/", "accepted deviations, where there were any"),
    ("scripts/", "the PowerShell that was sent; index.json says to which server"),
    ("traceability.csv", "each clause of the source documents, its checks, the result on each server"),
    ("traceability.md", "the same in numbers, also by requirement of other documents"),
    ("reports/", "the findings in other formats"),
    ("sbom.cdx.json", "the programs that made this export, with versions (CycloneDX)"),
    ("SHA256SUMS", "SHA-256 of every file above"),
)
_VERIFY = f"""\
With auditor, and the public key of whoever sealed this, got on another way:

    auditor verify BUNDLE.zip --key KEY.pub.pem

Without auditor, where this archive is unpacked:

    sed -n 's/.*"payload":"\\([^"]*\\)".*/\\1/p' {ENVELOPE} | base64 -d > ../statement
    sed -n 's/.*"sig":"\\([^"]*\\)".*/\\1/p' {ENVELOPE} | base64 -d > ../signature
    (printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < ../statement)
     cat ../statement) > ../signed
    openssl pkeyutl -verify -pubin -inkey KEY.pub.pem -rawin -in ../signed \\
        -sigfile ../signature
    grep -c "$(sha256sum < SHA256SUMS | cut -d ' ' -f 1)" ../statement
    sha256sum --check --strict SHA256SUMS
    openssl ts -verify -data SHA256SUMS -in time-stamp.tsr -CAfile AUTHORITY.pem

The last line is for an export with a time stamp."""
_UNSIGNED = """\
This export is NOT signed: it proves nothing about who made it, and anybody may
have changed it. `sha256sum --check --strict SHA256SUMS` finds accidents only."""
_REJUDGE = """\
    auditor run --evidence BUNDLE.zip

judges the evidence again by the policies and waivers in this export and by
nothing else, as of the day of the run. The findings are the same, byte for
byte. No server is contacted."""


def readme(run: Run, redacted: Sequence[Hidden], *, signed: bool) -> str:
    """Return the text, ASCII, in lines of 78 characters but for commands."""
    parts = [
        *_title(run),
        *_headed("What it came to", _result(run)),
        *_headed("What is in it", _contents()),
        *_headed("Is it genuine", (_VERIFY if signed else _UNSIGNED).splitlines()),
        *_headed("Do the findings follow from the evidence", _REJUDGE.splitlines()),
        *(_headed("What is hidden", _hidden(redacted)) if redacted else ()),
    ]
    return "\n".join(parts).encode("ascii", "backslashreplace").decode() + "\n"


def _title(run: Run) -> Iterator[str]:
    title = f"Security-review export of run {visible(run.id)}"
    yield from (title, "=" * len(title), "")
    yield f"Audited from {run.started} to {run.finished} (UTC)"
    yield f"by auditor {visible(run.version)}."


def _result(run: Run) -> Iterator[str]:
    counted = [standing(finding) for finding in run.findings]
    yield f"Result: {result_of(run)} (not known counts as FAILED, accepted deviations as WARNED)"
    yield from (f"{counted.count(kind):>8} {words}" for kind, words in _WORDS.items())
    known = run.coverage
    yield f"{known.servers_judged} of {known.servers_planned} servers were judged."
    yield from wrap(f"Exit code {run.exit_code}: {visible(run.exit_reason)}", _WIDTH, break_long_words=False)


def _contents() -> Iterator[str]:
    for name, what in _WHAT:
        first, *rest = wrap(what, _WIDTH - 20)
        yield f"{name:<20}{first}"
        yield from (f"{'':<20}{line}" for line in rest)


def _hidden(redacted: Sequence[Hidden]) -> list[str]:
    kinds = " and ".join(str(each) for each in redacted)
    return wrap(
        f"Names of {kinds} are replaced by stand-ins such as host-1a2b3c4d5e, the same in every file, and the same in "
        "every export that was made with the same key. The stand-ins are keyed: without the key, which is not in "
        "here, nobody can tell a name from its stand-in. Names cut in pieces, compressed, encrypted or hashed are not "
        "found, nor are names of people and of other companies' servers in running text. Where a question named a "
        "server, the script is not byte for byte the one that was sent; scripts/index.json says `exact: false`.",
        _WIDTH,
    )


def _headed(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield from ("", title, "-" * len(title), "")
    yield from lines
