"""What can stop an audit: one class and one exit code each; each message ends with what to do next."""

from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the process tells its caller; the highest that holds wins."""

    COMPLIANT = 0
    FINDINGS = 1
    USAGE = 2
    NOT_KNOWN = 3
    BUG = 70
    INTERRUPTED = 130


class AuditError(Exception):
    """Base of everything `auditor` raises on purpose."""

    exit_code = ExitCode.BUG


class UsageError(AuditError):
    """The command line, or what it names, cannot be used."""

    exit_code = ExitCode.USAGE


class DocumentError(AuditError):
    """One or more errors in YAML or JSON documents, all of them, each `file:line:column: path: text`."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ParameterError(AuditError):
    """A probe refuses the value of one of its parameters; the loader adds where it stands."""

    exit_code = ExitCode.USAGE

    def __init__(self, parameter: str, text: str) -> None:
        self.parameter = parameter
        super().__init__(text)


class RunNotFoundError(AuditError):
    """A RUN argument names no stored run, or one that cannot be read."""

    exit_code = ExitCode.USAGE


class SecretError(AuditError):
    """A secret's reference does not lead to a secret."""

    exit_code = ExitCode.NOT_KNOWN


class ReplyError(AuditError):
    """A server's reply is truncated, garbled or not ours."""

    exit_code = ExitCode.NOT_KNOWN


class NotReached(StrEnum):
    """Why a server was not reached; the machine-readable half of `ServerNotReachedError`."""

    DNS = "dns"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_EXPIRED = "tls_expired"
    TLS_NAME = "tls_name"
    TLS = "tls"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    QUOTA = "quota"
    SIZE = "size"
    BUSY = "busy"
    POLICY = "policy"
    NOT_WINRM = "not_winrm"
    FAULT = "fault"
    GARBLED = "garbled"
    BROKEN = "broken"
    SECRET = "secret"  # noqa: S105  the name of a reason, not a secret


class LockedError(AuditError):
    """The same audit is under way already, so this one collects nothing; the message names its owner."""

    exit_code = ExitCode.NOT_KNOWN


class DiskError(AuditError):
    """The disk took no more of a run while it was written: what was collected is lost, and nothing is known."""

    exit_code = ExitCode.NOT_KNOWN


class NotRecordedError(AuditError):
    """The run is written, and the history could not take it: what comes next would not know of it."""

    exit_code = ExitCode.NOT_KNOWN


class ClusterError(AuditError):
    """The cluster that servers are read by cannot be used, or was lost; nothing is known of what it was to read."""

    exit_code = ExitCode.NOT_KNOWN


class ServerNotReachedError(AuditError):
    """One server gave no evidence: why (machine readable), seconds per phase, and a message with the next step."""

    exit_code = ExitCode.NOT_KNOWN

    def __init__(self, kind: NotReached, text: str, timings: Mapping[str, float] | None = None) -> None:
        self.kind, self.timings = kind, timings or {}
        super().__init__(text)
