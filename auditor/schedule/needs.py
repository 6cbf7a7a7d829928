"""What an audit needs where it is started, besides its files: extras of the package, places to write to. Pure."""

from collections.abc import Iterable
from pathlib import PurePath

from auditor.formats import FORMATS
from auditor.model.audit_file import AuditFile
from auditor.model.inventory import Authentication, SecretReference, SecretSource, Server

_OF_AUTHENTICATION = {Authentication.KERBEROS: "kerberos", Authentication.CREDSSP: "credssp"}


def extras_of(file: AuditFile, servers: Iterable[Server], secrets: Iterable[SecretReference]) -> tuple[str, ...]:
    """Return the extras without which the audit would be refused, sorted."""
    reports = (FORMATS[name].needs for name in file.formats if name in FORMATS)
    ways = {server.connection.authentication for server in servers}
    found = {
        *(needed.extra for needed in reports if needed is not None),
        *(extra for way, extra in _OF_AUTHENTICATION.items() if way in ways),
        *("keyring" for secret in secrets if secret.source is SecretSource.KEYRING),
        *(["notify"] if file.notify else []),
        *(["postgres"] if file.store.startswith("postgres") else []),
        *(["cluster"] if "://" in file.executor else []),
    }
    return tuple(sorted(found))


def places_of(file: AuditFile, out: str) -> tuple[str, ...]:
    """Return the folders besides that of the reports that the audit writes to: those of its history and its log."""
    store = file.store.removeprefix("sqlite:///")
    files = [*([store] if PurePath(store).is_absolute() else []), *([file.log] if file.log else [])]
    folders = dict.fromkeys(str(PurePath(path).parent) for path in files)
    return tuple(folder for folder in folders if folder != out)
