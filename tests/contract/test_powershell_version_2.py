"""Every PowerShell text is one that PowerShell 2.0 on .NET 2.0 can read: well formed, and with nothing newer in it.

The grammar is that of a later PowerShell, so what 2.0 lacks is looked for by name.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from tree_sitter import Node

Walk = Callable[[str], list[Node]]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEWER_COMMANDS = words(
    "convertto-json convertfrom-json get-ciminstance get-cimclass invoke-cimmethod new-ciminstance invoke-restmethod"
    " invoke-webrequest get-filehash get-itempropertyvalue write-information import-powershelldatafile show-command"
    " expand-archive compress-archive format-hex unblock-file test-netconnection new-temporaryfile using"
)
NEWER_TYPES = words(
    "pscustomobject ordered semver cimtype ciminstance microsoft.win32.registryview"
    " microsoft.win32.safehandles.saferegistryhandle system.web.script.serialization.javascriptserializer"
    " collections.generic.hashset system.collections.generic.hashset collections.concurrent.concurrentdictionary"
    " system.xml.linq.xdocument xml.linq.xdocument io.compression.zipfile numerics.biginteger bigint"
)
NEWER_OPERATORS = words("-in -notin -shl -shr ?? ??= && ||")
NEWER_VARIABLES = words("$psscriptroot $pscommandpath $psitem $iswindows $islinux $iscoreclr")
NEWER_MEMBERS = words(
    "new where foreach hresult handle isnullorwhitespace is64bitprocess is64bitoperatingsystem copyto enumeratefiles"
    " fromhandle tryparse tohexstring hashdata"
)
NEWER_STATEMENTS = {"class_statement": "class", "enum_statement": "enum"}
GUARDED_MEMBERS = frozenset(["openbasekey"])
"""What came with .NET 4 and may stand only where the version of .NET was asked first."""
GUARD = "if ([Environment]::Version.Major -gt 2)"

_WHERE = frozenset(["where-object", "where", "?", "foreach-object", "%"])


def mistakes(nodes: list[Node]) -> list[str]:
    wrong = [node for node in nodes if node.is_error or node.is_missing]
    return [f"line {node.start_point.row + 1}: {text(node)[:60]!r}" for node in wrong]


def newer(nodes: list[Node]) -> set[str]:
    return {found for node in nodes for found in newer_in(node)}


def newer_in(node: Node) -> Iterator[str]:
    word = text(node).lower()
    match node.type:
        case "command":
            yield from newer_command(word, node)
        case "type_spec" | "generic_token" if re.sub(r"^system\.(?!web|xml|coll)|[\[<(].*", "", word) in NEWER_TYPES:
            yield word
        case "comparison_operator" | "&&" | "||" | "??" if word in NEWER_OPERATORS:
            yield word
        case "variable" if word in NEWER_VARIABLES or word.startswith("$using:"):
            yield word
        case "member_name" if word in NEWER_MEMBERS or (word in GUARDED_MEMBERS and not guarded(node)):
            yield word
        case "class_statement" | "enum_statement":
            yield NEWER_STATEMENTS[node.type]
        case "redirection" if word.startswith("*"):
            yield "*>"


def newer_command(line: str, node: Node) -> Iterator[str]:
    name = line.split(maxsplit=1)[0]
    if name in NEWER_COMMANDS:
        yield name
    if name in _WHERE and not any(child.type == "script_block_expression" for child in descendants(node)):
        yield f"simplified {name}"
    if re.search(r"\s-raw\b", line):
        yield "-raw"


def guarded(node: Node | None) -> bool:
    while node is not None:
        if node.type == "if_statement" and text(node).startswith(GUARD):
            return True
        node = node.parent
    return False


def descendants(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from descendants(child)


def text(node: Node) -> str:
    return (node.text or b"").decode()


def test_every_text_is_accepted_by_the_grammar(walk: Walk, powershell: Mapping[str, str]) -> None:
    found = {name: mistakes(walk(text)) for name, text in powershell.items()}

    assert len(found) > 15
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "broken",
    [
        "if ($a { 1 }",
        "function Read-x($p) { return @{ a = 1 }",
        "$a = @'\ntext '@\n",
        "'text",
        "foreach ($a of $b) { }",
        "$a = $b ? 1 : 2",
        "$a = $b ?? 1",
        "$a?.b",
        "[void]$a.(",
    ],
)
def test_the_grammar_refuses_what_is_broken_or_too_new_for_it(walk: Walk, broken: str) -> None:
    assert mistakes(walk(broken))


def test_a_script_that_lost_any_bracket_is_refused_by_the_grammar(walk: Walk, powershell: Mapping[str, str]) -> None:
    script = powershell["registry_key.ps1"]
    brackets = [at for at, character in enumerate(script) if character in "{}()[]" and "#" not in line_of(script, at)]

    assert len(brackets) > 20
    assert all(mistakes(walk(script[:at] + script[at + 1 :])) for at in brackets)


def line_of(script: str, at: int) -> str:
    return script[script.rfind("\n", 0, at) + 1 : at]


def test_no_text_uses_what_powershell_2_lacks(walk: Walk, powershell: Mapping[str, str]) -> None:
    found = {name: newer(walk(text)) for name, text in powershell.items()}

    assert {name: lacking for name, lacking in found.items() if lacking} == {}


@pytest.mark.parametrize(
    ("snippet", "lacking"),
    [
        ("ConvertTo-Json @{}", "convertto-json"),
        ("$x = (1 | ConvertFrom-Json)", "convertfrom-json"),
        ("Get-CimInstance Win32_Service", "get-ciminstance"),
        ("Invoke-RestMethod 'http://a'", "invoke-restmethod"),
        ("using namespace System", "using"),
        ("[pscustomobject]@{ a = 1 }", "pscustomobject"),
        ("$x = [ordered]@{ a = 1 }", "ordered"),
        ("[Microsoft.Win32.RegistryView]::Registry64", "microsoft.win32.registryview"),
        ("New-Object System.Collections.Generic.HashSet[string]", "system.collections.generic.hashset[string]"),
        ("if (1 -in 2) { 3 }", "-in"),
        ("$a -notin $b", "-notin"),
        ("$a -shl 2", "-shl"),
        ("Get-Item a && Get-Item b", "&&"),
        ("$PSScriptRoot", "$psscriptroot"),
        ("$PSItem.Name", "$psitem"),
        ("$using:x", "$using:x"),
        ("[Text.StringBuilder]::new()", "new"),
        ("@(1).Where({ $_ })", "where"),
        ("$e.HResult", "hresult"),
        ("$key.Handle", "handle"),
        ("[Environment]::Is64BitProcess", "is64bitprocess"),
        ("[string]::IsNullOrWhiteSpace('')", "isnullorwhitespace"),
        ("class X { [int]$a }", "class"),
        ("enum X { A }", "enum"),
        ("Get-Content -Raw a", "-raw"),
        ("Get-Service | Where-Object Name -eq x", "simplified where-object"),
        ("Get-Service | % Name", "simplified %"),
        ("[Microsoft.Win32.RegistryKey]::OpenBaseKey(1, 2)", "openbasekey"),
        ("if ($true) { [Microsoft.Win32.RegistryKey]::OpenBaseKey(1, 2) }", "openbasekey"),
    ],
)
def test_what_powershell_2_lacks_is_found(walk: Walk, snippet: str, lacking: str) -> None:
    assert lacking in newer(walk(snippet))


@pytest.mark.parametrize(
    "snippet",
    [
        "Get-Service | Where-Object { $_.Name -eq 'x' }",
        "$a -contains $b",
        "New-Object System.Collections.ArrayList",
        "if ([Environment]::Version.Major -gt 2) { [Microsoft.Win32.RegistryKey]::OpenBaseKey(1, 2) }",
    ],
)
def test_what_powershell_2_has_is_let_pass(walk: Walk, snippet: str) -> None:
    assert not newer(walk(snippet))
    assert not mistakes(walk(snippet))
