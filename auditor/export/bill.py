"""Which programs made the export, with versions: a bill of materials in CycloneDX 1.6 JSON (ECMA-424)."""

import platform
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from auditor import __version__
from auditor.model.run import Run

SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

_OURSELVES = "auditor"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DEVELOPMENT = re.compile(r"""extra\s*==\s*['"]dev['"]""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """An installed package and the names of those it uses, as far as they are installed."""

    name: str
    version: str
    uses: tuple[str, ...] = ()


def installed_packages() -> tuple[Package, ...]:
    """Return `auditor` and every package it uses, directly or not, with its extras; not what develops it.

    Run from a checkout that is not installed, it is every package beside it: more than is used, never less.
    """
    try:
        distribution(_OURSELVES)
    except PackageNotFoundError:
        others = {_plain(each.name): each.version for each in distributions()}
        packages = [Package(name=name, version=version) for name, version in sorted(others.items())]
        return Package(name=_OURSELVES, version=__version__, uses=tuple(sorted(others))), *packages
    found: dict[str, Package] = {}
    waiting = [_OURSELVES]
    while waiting:
        name = waiting.pop()
        if name not in found:
            own = distribution(name)
            found[name] = Package(name=name, version=own.version, uses=tuple(sorted(set(_used(own)))))
            waiting += found[name].uses
    return tuple(found[name] for name in sorted(found))


def bill_of(run: Run, packages: Iterable[Package]) -> dict[str, Any]:
    """Return the bill; the run's own version of the auditor stands in it, too, where it was another one."""
    listed = {each.name: each for each in packages}
    own = listed.get(_OURSELVES, Package(name=_OURSELVES, version=__version__))
    others = [each for name, each in sorted(listed.items()) if name != _OURSELVES]
    components = [_library(each) for each in others]
    python = {"type": "platform", "bom-ref": "python", "name": platform.python_implementation(), "version": _python()}
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'auditor:export:{run.id}:{sorted(listed.items())}')}",
        "version": 1,
        "metadata": {
            "component": _library(own) | {"type": "application"},
            "properties": [{"name": "auditor:version-that-judged-the-run", "value": run.version}],
        },
        "components": [*components, python],
        "dependencies": [_dependency(each, listed) for each in (own, *others)],
    }


def _library(package: Package) -> dict[str, Any]:
    reference = f"pkg:pypi/{package.name}@{package.version}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": package.name,
        "version": package.version,
        "purl": reference,
    }


def _dependency(package: Package, listed: Mapping[str, Package]) -> dict[str, Any]:
    used = sorted(str(_library(listed[name])["bom-ref"]) for name in package.uses if name in listed)
    python = ["python"] if package.name == _OURSELVES else []
    return {"ref": _library(package)["bom-ref"], "dependsOn": [*used, *python]}


def _used(own: Distribution) -> Iterable[str]:
    for requirement in own.requires or ():
        named = _NAME.match(requirement)
        if named is None or _DEVELOPMENT.search(requirement):
            continue
        try:
            distribution(named[0])
        except PackageNotFoundError:
            continue  # for another system, or of an extra that is not installed
        yield _plain(named[0])


def _plain(name: str) -> str:
    """Return a package's name as indexes write it (PyPA: names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
