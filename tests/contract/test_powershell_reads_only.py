"""Nothing on a server is changed: every command, type, method and assignment in the PowerShell is on a list here.

Whoever adds a word to these lists states that it only reads.
"""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from tree_sitter import Node

Walk = Callable[[str], list[Node]]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COMMANDS = frozenset(["New-Object", "Add-Type"])
CALLS_BY_EXPRESSION = frozenset(['& "Read-$($parts[0])" $p', "& ([ScriptBlock]::Create([Console]::In.ReadToEnd()))"])
"""The two places where what runs is not written there by name: a reader by its kind, and the script itself."""
ADD_TYPE = "Add-Type -TypeDefinition $NativeSource"

TYPES = words(
    "void string string[] int long char bool byte[] Array regex Uri Convert BitConverter Environment Console DateTime"
    " TimeSpan IntPtr ScriptBlock StringComparer StringComparison UnauthorizedAccessException"
    " Security.SecurityException Globalization.CultureInfo Runtime.InteropServices.Marshal Text.Encoding"
    " Text.RegularExpressions.MatchEvaluator Collections.IDictionary Collections.ArrayList Reflection.Assembly"
    " Microsoft.Win32.Registry Microsoft.Win32.RegistryKey Microsoft.Win32.RegistryValueOptions AuditorRegistry"
    " System.DirectoryServices.DirectoryEntry"
)
CREATED = words(
    "System.Collections.ArrayList System.Collections.SortedList System.Text.StringBuilder System.Xml.XmlDocument"
    " System.Security.Cryptography.SHA1CryptoServiceProvider System.DirectoryServices.DirectoryEntry"
    " System.Management.ManagementObjectSearcher Microsoft.Web.Administration.ServerManager"
)
METHODS = {
    "text and numbers": "Split Substring IndexOf Replace Trim TrimEnd TrimStart ToLowerInvariant ToString Join Equals"
    " ToUInt32 ToUInt64 GetBytes GetString UnescapeDataString FromSeconds ToFileTimeUtc ComputeHash",
    "values in memory": "Add Append ToArray ContainsKey GetEnumerator GetType GetHRForException GetBaseException",
    "the script itself": "Create ReadToEnd OpenStandardOutput Write Flush LoadFrom",
    "registry": "OpenBaseKey OpenSubKey GetValue GetValueKind GetValueNames GetSubKeyNames Close LastWrite"
    " TypeAndBytes",
    "IIS": "GetWebConfiguration GetSection GetAttribute Exists Invoke Load SelectSingleNode SelectNodes",
    "WMI": "Get GetPropertyValue",
}
ALLOWED_METHODS = words(" ".join(METHODS.values()))
EXACTLY = {
    "Invoke": r"\(Open-Metabase 'W3SVC'\)\.psbase\.Invoke\('GetDataPaths', @\(\$property, 0\)\)",
    "Write": r"\$stdout\.Write\(\$bytes, 0, \$bytes\.Length\)",
    "Create": r"\[ScriptBlock\]::Create\(\[Console\]::In\.ReadToEnd\(\)\)",
    "LoadFrom": r'\[Reflection\.Assembly\]::LoadFrom\("\$env:windir\\system32\\inetsrv\\'
    r'Microsoft\.Web\.Administration\.dll"\)',
    "OpenSubKey": r".*\.OpenSubKey\((\$p\['key'\]|\$path)\)",  # a second argument could ask for a writable key
}
"""Methods that could do harm with other arguments stand in these words only."""
ASSIGNED_MEMBERS = frozenset(["$file.XmlResolver", "$searcher.Options.Timeout"])
"""Properties that are set: of objects in this process, before they read."""
ASSIGNED_ENTRIES = words("$p $row $attributes $site $NativeRegistry")
"""Hashtables of the script's own."""
IMPORTED = ("RegOpenKeyEx", "RegQueryInfoKey", "RegQueryValueEx", "RegCloseKey")


def offences(nodes: list[Node]) -> list[str]:
    own = frozenset(text(node) for node in nodes if node.type == "function_name")
    return [offence for node in nodes for offence in offences_in(node, own)]


def offences_in(node: Node, own: frozenset[str]) -> Iterator[str]:
    match node.type:
        case "command":
            yield from strange_command(node, own)
        case "type_literal" if text(node)[1:-1] not in TYPES:
            yield f"type {text(node)}"
        case "invokation_expression" | "invokation_foreach_expression":
            yield from strange_call(node)
        case "left_assignment_expression":
            yield from strange_assignment(text(node).strip())
        case "redirection" | "pipeline_chain_tail":
            yield f"{node.type} {text(node)}"
        case "post_increment_expression" | "pre_increment_expression" if not re.fullmatch(r"\$\w+\+\+", text(node)):
            yield f"increment {text(node)}"


def strange_command(node: Node, own: frozenset[str]) -> Iterator[str]:
    named = [text(child) for child in node.children if child.type == "command_name"]
    line = text(node).strip()
    if not named:
        if line not in CALLS_BY_EXPRESSION:
            yield f"call {line}"
    elif named[0] not in COMMANDS | own:
        yield f"command {named[0]}"
    elif named[0] == "Add-Type" and line != ADD_TYPE:
        yield f"compiles {line}"
    elif named[0] == "New-Object" and (line.split()[1].partition("(")[0] not in CREATED):
        yield f"creates {line}"


def strange_call(node: Node) -> Iterator[str]:
    names = [child for child in node.children if child.type == "member_name"]
    method = text(names[0]) if names else text(node)
    if method not in ALLOWED_METHODS:
        yield f"method {method}"
    if method in EXACTLY and not re.fullmatch(EXACTLY[method], text(node)):
        yield f"calls {text(node)}"


def strange_assignment(target: str) -> Iterator[str]:
    variable = re.fullmatch(r"\$\w+", target)
    entry = re.fullmatch(r"(\$\w+)\[[^\]]+(?:\[\$i\][^\]]+)?\]", target)
    if not variable and target not in ASSIGNED_MEMBERS and not (entry and entry[1] in ASSIGNED_ENTRIES):
        yield f"assigns {target}"


def text(node: Node) -> str:
    return (node.text or b"").decode()


def test_no_text_does_more_than_read(walk: Walk, powershell: Mapping[str, str]) -> None:
    whole = {name: text for name, text in powershell.items() if name.startswith("script") or name == "bootstrap.ps1"}
    found = {name: offences(walk(text)) for name, text in whole.items()}

    assert {name: offence for name, offence in found.items() if offence} == {}


def test_every_method_on_the_list_is_used(walk: Walk, powershell: Mapping[str, str]) -> None:
    nodes = [node for name in ("script for all", "bootstrap.ps1") for node in walk(powershell[name])]
    used = {text(node) for node in nodes if node.type == "member_name"}

    assert used >= ALLOWED_METHODS


@pytest.mark.parametrize(
    "snippet",
    [
        "Set-ItemProperty HKLM:\\SOFTWARE a 1",
        "Remove-Item x",
        "Invoke-Expression $x",
        "iex $x",
        "reg add x",
        "& $x 1",
        ". $x",
        "& 'C:\\x.exe'",
        "cmd.exe /c del x",
        "Add-Type -TypeDefinition $other",
        "Add-Type -Path x.dll",
        "New-Object System.Diagnostics.Process",
        "New-Object -ComObject WScript.Shell",
        "[IO.File]::Delete('x')",
        "[Diagnostics.Process]::Start('x')",
        "$key.SetValue('a', 1)",
        "$key.CreateSubKey('a')",
        "$key.DeleteValue('a')",
        "$manager.CommitChanges()",
        "$entry.psbase.CommitChanges()",
        "$entry.psbase.Invoke('Put', @('a', 1))",
        "$entry.psbase.Invoke($name, @('a', 1))",
        "$object.Put()",
        "$object.InvokeMethod('StopService', $null)",
        "$file.Save('x')",
        "$writer.Write('x')",
        "$root.OpenSubKey($p['key'], $true)",
        "[ScriptBlock]::Create($x)",
        "[Reflection.Assembly]::LoadFrom($x)",
        "$x.$name()",
        "$entry.psbase.Properties['AccessSSLFlags'].Value = 0",
        "$section['sslFlags'] = 0",
        "$section.OverrideMode = 'Allow'",
        "'x' > file.txt",
        "Get-Item x | Out-File y",
    ],
)
def test_whatever_could_change_something_is_found(walk: Walk, snippet: str) -> None:
    assert offences(walk(snippet))


def test_only_reading_functions_of_windows_are_imported(powershell: Mapping[str, str]) -> None:
    source = powershell["native_registry.ps1"]

    assert tuple(re.findall(r"static extern \w+ (\w+)\(", source)) == IMPORTED
    assert source.count("[DllImport(") == len(IMPORTED)
    assert source.count("extern ") == len(IMPORTED)


def test_a_key_is_opened_for_querying_only(powershell: Mapping[str, str]) -> None:
    source = powershell["native_registry.ps1"]

    assert "const int KEY_QUERY_VALUE = 1;" in source
    assert re.findall(r"RegOpenKeyEx\((?!IntPtr root)(.*)\)\);", source) == [
        "new IntPtr(hive), path, 0, KEY_QUERY_VALUE | view, out key"
    ]
    assert "$NativeViews = @{ '64' = 0x100; '32' = 0x200 }" in source
