"""Names in texts and values: found in every spelling, and nothing else is touched."""

import base64
import json
from collections.abc import Callable

import pytest

from auditor.errors import UsageError
from auditor.export.bundle import Hidden
from auditor.export.finding_names import Finder, shaped_addresses
from auditor.export.names import Kind, Names
from auditor.export.redact import Redactor
from auditor.model.answer import Observed
from auditor.model.evidence import Evidence, Status
from auditor.model.question import ask

KEY = b"k" * 32
Hide = Callable[[str], str]


@pytest.fixture
def names() -> Names:
    made = Names(KEY)
    made.add_host("cas01.corp.example")
    made.add_host("CAS0")
    made.add_host("Sørver.corp.example")
    made.add_address("10.1.2.3")
    made.add_address("fe80::17")
    made.add_address("::1")
    made.add_user("svc_audit")
    return made


@pytest.fixture
def hide(names: Names) -> Hide:
    return Redactor(names).text


def test_a_name_is_the_same_in_every_spelling(names: Names, hide: Hide) -> None:
    host, domain = names.stand_in(Kind.HOST, "cas01"), names.stand_in(Kind.DOMAIN, "corp.example")

    assert hide("CAS01") == hide("cas01") == host
    assert hide("Cas01.Corp.Example") == f"{host}.{domain}"
    assert hide("corp.example") == domain


def test_a_stand_in_says_what_it_stands_for_and_depends_on_the_key() -> None:
    one, same, other = Names(KEY), Names(KEY), Names(b"o" * 32)

    assert one.stand_in(Kind.USER, "jane") == same.stand_in(Kind.USER, "JANE")
    assert one.stand_in(Kind.USER, "jane").startswith("user-")
    assert one.stand_in(Kind.USER, "jane") != other.stand_in(Kind.USER, "jane")
    assert one.stand_in(Kind.HOST, "jane").removeprefix("host-") != one.stand_in(Kind.USER, "jane").removeprefix(
        "user-"
    )


@pytest.mark.parametrize(
    "around",
    [
        "{}",
        " {} ",
        "({})",
        "{}$",
        r"\\{}\share",
        "http://{}:80/",
        "{}_backup",
        "old-{}",
        "{}.",
        "'{}'",
        "a,{},b",
        "[{}]",
        "{}|",
    ],
)
def test_a_name_is_found_between_all_that_is_no_letter_or_digit(hide: Hide, around: str) -> None:
    assert hide(around.format("cas01")) == around.format(hide("cas01"))


@pytest.mark.parametrize("text", ["xcas01", "cas012", "cas01x", "cascade", "11", "corp", "example", "svc", "10.1.2.30"])
def test_a_part_of_a_word_is_no_name(hide: Hide, text: str) -> None:
    assert hide(text) == text


def test_the_longest_name_counts(names: Names, hide: Hide) -> None:
    assert hide("cas0 cas01") == f"{names.stand_in(Kind.HOST, 'cas0')} {names.stand_in(Kind.HOST, 'cas01')}"


@pytest.mark.parametrize(
    "text",
    [
        "url=https%3A%2F%2Fcas01.corp.example%2Fowa",
        "x=%63as01",
        "%43%41%53%30%31",
        r"a \u0063as01 b",
        r"line\ncas01",
        r"line\tcas01\n",
        json.dumps("Sørver"),
        "S%C3%B8rver",
        b"cas01".hex(),
        "CAS01".encode("utf-16-le").hex(),
        "00" + "cas01".encode("utf-16-le").hex() + "0000",
        base64.b64encode(b"see cas01 there").decode(),
        base64.b64encode("at cas01.".encode("utf-16-le")).decode(),
        "svc%5Faudit",
    ],
)
def test_a_name_is_found_however_it_is_encoded(names: Names, hide: Hide, text: str) -> None:
    made = hide(text)

    seen = made + " " + decoded(made)
    assert made != text
    assert not [name for name in names.known if name in seen.lower()]


def decoded(text: str) -> str:
    """Return what a curious reader would make of it."""
    found = []
    for word in text.split():
        for decode in (bytes.fromhex, base64.b64decode):
            try:
                data = decode(word)
            except ValueError:
                continue
            found += [
                data.decode("latin-1"),
                data.decode("utf-16-le", "replace"),
                data[1:].decode("utf-16-le", "replace"),
            ]
    return " ".join(found)


def test_what_was_hexadecimal_or_base64_still_is(hide: Hide) -> None:
    assert bytes.fromhex(hide("cas01".encode("utf-16-le").hex())).decode("utf-16-le") == hide("cas01")
    assert base64.b64decode(hide(base64.b64encode(b"see cas01 there").decode())).decode() == hide("see cas01 there")


def test_a_url_with_an_ipv6_address_stays_one(hide: Hide) -> None:
    assert hide("http://[FE80::17]:81/") == f"http://{hide('fe80::17')}:81/"
    assert hide("from ::1 to 10.1.2.3:5985") == f"from {hide('::1')} to {hide('10.1.2.3')}:5985"


def test_texts_without_names_stay_byte_for_byte(hide: Hide) -> None:
    for text in (
        r"HKLM\SOFTWARE\Microsoft",
        "deadbeef" * 8,
        "\ud800 lone",
        "100 %",
        "%zz",
        r"\u00zz",
        "QUJDREVGRw==",
        "",
    ):
        assert hide(text) == text


def test_evidence_is_hidden_in_every_field(names: Names) -> None:
    evidence = Evidence(
        server="cas01.corp.example",
        groups=("behind cas01",),
        policies=("p",),
        inputs={"hosts": ("cas01", "other"), "port": 80},
        status=Status.REACHED,
        reason="cas01 said so",
        collected="2026-11-23T02:00:00Z",
        collector="auditor 0.1.0",
        transport="winrm",
        platform={"computer": "CAS01"},
        answers={ask("http", host="cas01.corp.example"): Observed(data={"a": [{"cas01": "10.1.2.3"}, None, 1, True]})},
    )

    hidden = Redactor(names).value(evidence)

    assert not [name for name in ("cas01", "corp.example", "10.1.2.3") if name in repr(hidden).lower()]
    assert hidden.status is Status.REACHED
    assert hidden.inputs["port"] == 80
    assert hidden.policies == ("p",)


def test_two_names_never_share_a_stand_in(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.export.names._DIGITS", 1)

    def add_many() -> None:
        for number in range(20):
            names.add_host(f"h{number}")

    with pytest.raises(UsageError, match="use another --redaction-key"):
        add_many()


def found_in(text: str, *kinds: Hidden) -> set[str]:
    names = Names(KEY)
    finder = Finder(names, kinds or tuple(Hidden))
    finder.text(text)
    finder.addresses(text)
    return set(names.known)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("https://user:secret@portal.corp.example:8443/owa", {"portal", "portal.corp.example", "corp.example"}),
        (r"from \\files01\share$", {"files01"}),
        ("10.0.0.5:5985: nothing listens there", {"10.0.0.5"}),
        ("cas09:5985: nothing listens there", {"cas09"}),
        ("it is mx.a.b.example:25.", {"mx", "mx.a.b.example", "a.b.example", "b.example"}),
        ("at [2001:db8::5]:80", {"2001:db8::5"}),
        ("00-1A-2b-33-44-55", {"00-1a-2b-33-44-55"}),
        (r"access denied to CORP\svc_owa", {"corp", "svc_owa"}),
        ("ask jane.doe@corp.example", {"jane.doe", "corp.example"}),
        ("S-1-5-21-1-2-3-500", {"s-1-5-21-1-2-3-500"}),
        ("%2F%2F10.0.0.6%2F", {"10.0.0.6"}),
    ],
)
def test_names_are_known_by_their_shape(text: str, names: set[str]) -> None:
    assert names <= found_in(text)


@pytest.mark.parametrize(
    "text",
    [
        r"HKLM\SOFTWARE\Microsoft\Exchange", r"HKLM\SOFTWARE", r"root\cimv2", r"C:\inetpub\wwwroot", "sslFlags: 264",
        "12:30:45", "6.0.6002", "8.1.240.6.1", "1.2.3.4.5", "[Environment]::Machine", "Microsoft-IIS/7.0", "web.config",
        r"write DOMAIN\name or name@realm", "Foo::Bar", "256.1.1.1", "NT AUTHORITY\\SYSTEM",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_is_left_alone(text: str) -> None:
    assert found_in(text) == set()


def test_only_the_kinds_that_were_asked_for_are_hidden() -> None:
    text = r"CORP\jane at https://portal.corp.example and 10.0.0.5"

    assert found_in(text, Hidden.ADDRESSES) == {"10.0.0.5"}
    assert found_in(text, Hidden.USERS) == {"corp", "jane"}
    assert found_in(text, Hidden.HOSTS) == {"portal", "portal.corp.example", "corp.example"}


def test_names_below_a_known_domain_are_found_wherever_they_stand() -> None:
    names = Names(KEY)
    finder = Finder(names, tuple(Hidden))
    finder.host("cas01.corp.example")

    finder.below_domains(lambda: ["see dc1.ad.CORP.example.", "not corp.example.org", "x%2Ffs%2Ecorp.example"])

    assert {"dc1", "dc1.ad.corp.example", "fs", "fs.corp.example"} <= set(names.known)
    assert "corp.example.org" not in names


def test_an_unspecified_address_is_nobody() -> None:
    assert list(shaped_addresses("listens at :: and 0.0.0.0")) == ["0.0.0.0"]


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "a" * 1_000_000 + "%",
        "a" * 500_000 + "%41" + "b" * 500_000 + "%zz",
        "a." * 500_000,
        "a:" * 500_000 + "g",
        "1." * 500_000 + "x",
        "%41" * 300_000,
        r"\n" * 500_000,
        r"\\u" * 300_000,
        "\\" * 1_000_000,
        "@" * 1_000_000,
        "a@" * 500_000,
        "http://" * 150_000,
        "[" * 1_000_000,
        "cas01 " * 150_000,
        "QUJD" * 250_000,
    ],
    ids=lambda text: text[:6],
)
def test_a_very_long_text_is_read_in_one_go(names: Names, text: str) -> None:
    finder = Finder(names, tuple(Hidden))
    finder.host("cas01.corp.example")
    finder.text(text)
    finder.addresses(text)
    finder.below_domains(lambda: [text])

    assert ("cas01" in Redactor(names).text(text)) is False
