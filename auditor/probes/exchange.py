r"""Which Exchange Server is installed, and which roles: from the registry, where setup writes it.

2007: `SOFTWARE\Microsoft\Exchange\Setup` (MsiProductMajor 8; the minor number is the service pack) and a key per
role below `...\Exchange\v8.0`, in which `Action` or `Watermark` remain while setup is unfinished (Exchange team
blog, 2007-05-21). 2010 and later: `SOFTWARE\Microsoft\ExchangeServer\v14`, `v15`. 2000 and 2003: `Services Version`
(60, 65) in the first key. Update rollups change none of these.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.model.answer import Answers
from auditor.model.policy import Parameters
from auditor.model.probe import Fact, Facts, Probe, Reading
from auditor.model.question import Question
from auditor.model.value import Json, Value, ValueType
from auditor.probes.unknown import UnusableError, observed
from auditor.readers import registry_key, registry_value

_2007 = r"SOFTWARE\Microsoft\Exchange"
_LATER = r"SOFTWARE\Microsoft\ExchangeServer"
_SETUP_KEYS = (rf"{_2007}\Setup", rf"{_LATER}\v14\Setup", rf"{_LATER}\v15\Setup")
_ROLE_ROOTS = {8: rf"{_2007}\v8.0", 14: rf"{_LATER}\v14", 15: rf"{_LATER}\v15"}
_VERSION = ("MsiProductMajor", "MsiProductMinor", "MsiBuildMajor", "MsiBuildMinor")
_SERVICES_VERSION = {60: "2000", 65: "2003"}
_ROLES = {
    "ClientAccessRole": "client_access",
    "HubTransportRole": "hub_transport",
    "MailboxRole": "mailbox",
    "UnifiedMessagingRole": "unified_messaging",
    "Hygiene": "edge_transport",
    "AdminToolsRole": "admin_tools",
}
_UNFINISHED = ("Action", "Watermark")
_RELEASES = {
    (8, 0): "2007 RTM",
    (8, 1): "2007 SP1",
    (8, 2): "2007 SP2",
    (8, 3): "2007 SP3",
    (15, 0): "2013",
    (15, 1): "2016",
    (15, 2): "2019",
}
_CHOICES = ("none", "2000", "2003", *_RELEASES.values(), "2010", "other")


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """`major.minor.build.revision`, as the installer numbers it."""

    major: int
    minor: int
    build: int
    revision: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.build}.{self.revision}"


def _value(key: str, name: str) -> Question:
    return registry_value.registry_value(hive="HKLM", key=key, name=name, view="64")


def _key(key: str) -> Question:
    return registry_key.registry_key(hive="HKLM", key=key, view="64")


def _questions(_: Parameters) -> tuple[Question, ...]:
    versions = [_value(key, name) for key in _SETUP_KEYS for name in _VERSION]
    roots = [_key(root) for root in _ROLE_ROOTS.values()]
    roles = [_key(rf"{root}\{role}") for root in _ROLE_ROOTS.values() for role in _ROLES]
    return _value(_SETUP_KEYS[0], "Services Version"), *versions, *roots, *roles


def _read(_: Parameters, answers: Answers) -> Reading:
    try:
        version = _version(answers)
        if version is None:
            return _without_version(answers)
        roles = _roles(version, answers)
    except UnusableError as unusable:
        return unusable.not_known
    return _installed(version, roles)


def _version(answers: Answers) -> Version | None:
    """Return the one version that is installed; two at once, or half a version, is not known."""
    found = [version for key in _SETUP_KEYS if (version := _version_in(key, answers)) is not None]
    if len(found) > 1:
        raise UnusableError(f"the registry names several versions of Exchange: {', '.join(map(str, found))}")
    return found[0] if found else None


def _version_in(key: str, answers: Answers) -> Version | None:
    numbers = {name: _number(_value(key, name), answers) for name in _VERSION}
    there = [number for number in numbers.values() if number is not None]
    if not there:
        return None
    if len(there) < len(_VERSION):
        missing = ", ".join(name for name, number in numbers.items() if number is None)
        raise UnusableError(f"Exchange setup is unfinished or damaged: {missing} is absent from HKLM\\{key}")
    major, minor, build, revision = there
    return Version(major=major, minor=minor, build=build, revision=revision)


def _number(question: Question, answers: Answers) -> int | None:
    data = observed(answers, question)
    if data is None:
        return None
    number = data.get("data")
    if data.get("type") != "REG_DWORD" or not isinstance(number, int):
        raise UnusableError(f"HKLM\\{question['key']}, {question['name']} is not a REG_DWORD: {data.get('type')}")
    return number


def _without_version(answers: Answers) -> Reading:
    services = _number(_value(_SETUP_KEYS[0], "Services Version"), answers)
    if services is not None:
        release = _SERVICES_VERSION.get(services, "other")
        return _facts(
            release, f"Exchange Server {release}", {"installed": True, "roles": (), "client_access_role": False}
        )
    for key in _ROLE_ROOTS.values():
        if _names(_key(key), answers, "subkeys"):
            raise UnusableError(
                f"Exchange setup is unfinished or damaged: HKLM\\{key} has roles, but no version is recorded"
            )
    return _facts("none", "Exchange is not installed", {"installed": False, "roles": (), "client_access_role": False})


def _roles(version: Version, answers: Answers) -> tuple[str, ...]:
    root = _ROLE_ROOTS.get(version.major)
    if root is None:
        return ()
    found = []
    for key, role in _ROLES.items():
        values = _names(_key(rf"{root}\{key}"), answers, "values")
        if values is None:
            continue
        if left := [name for name in _UNFINISHED if name.lower() in {value.lower() for value in values}]:
            raise UnusableError(
                f"Exchange setup of {key} is unfinished: {' and '.join(left)} remained in its registry key"
            )
        found.append(role)
    if not found and version.major == 8:
        raise UnusableError(
            f"Exchange {version} is recorded as installed, but no role is: setup is unfinished or damaged"
        )
    return tuple(found)


def _names(question: Question, answers: Answers, part: str) -> list[str] | None:
    data: Mapping[str, Json] | None = observed(answers, question)
    if data is None:
        return None
    names = data.get(part)
    if not isinstance(names, list):
        raise UnusableError(f"the {part} of HKLM\\{question['key']} have an unexpected shape")
    return [str(name) for name in names]


def _installed(version: Version, roles: tuple[str, ...]) -> Facts:
    release = "2010" if version.major == 14 else _RELEASES.get((version.major, version.minor), "other")
    told = f"Exchange Server {release} ({version}), roles: {', '.join(roles) or 'not known'}"
    values: dict[str, Value] = {
        "installed": True,
        "version": str(version),
        "roles": roles,
        "client_access_role": "client_access" in roles,
    }
    return _facts(release, told, values)


def _facts(release: str, summary: str, values: Mapping[str, Value]) -> Facts:
    return Facts(values={"release": release, **values}, summary=summary)


PROBE = Probe(
    name="exchange",
    summary="Which Exchange Server is installed, and which of its roles.",
    facts=(
        Fact(name="installed", type=ValueType.BOOLEAN, description="An Exchange Server is installed."),
        Fact(
            name="release",
            type=ValueType.STRING,
            choices=_CHOICES,
            description="The release with its service pack; `none` when there is none.",
        ),
        Fact(
            name="version",
            type=ValueType.STRING,
            description="The installer's version, e.g. `8.3.83.6` (without rollups); missing for 2000, 2003 and none.",
        ),
        Fact(name="roles", type=ValueType.STRINGS, description=f"The roles: {', '.join(_ROLES.values())}."),
        Fact(name="client_access_role", type=ValueType.BOOLEAN, description="The Client Access role is installed."),
    ),
    questions=_questions,
    read=_read,
)
