"""WS-Management fault codes -> why a server was not reached, and what to do next. Pure.

Codes: WSMAN error constants of the Windows SDK (wsmerror.h) and Win32 error codes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.errors import NotReached


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """What a fault means: the kind, what happened, the next step."""

    kind: NotReached
    what: str
    step: str


OPERATION_TIMED_OUT = 2150858793
BUSY = 170

_ACCESS = Advice(
    kind=NotReached.FORBIDDEN,
    what="the account may log on, but not use WinRM",
    step="make it a member of the local Administrators group",
)
_QUOTA = Advice(
    kind=NotReached.QUOTA,
    what="a quota of WinRM is exhausted (shells, operations or connections of this account)",
    step="wait until other sessions have ended, or look at `winrm get winrm/config`",
)
_SIZE = Advice(
    kind=NotReached.SIZE,
    what="a message was larger than the server's MaxEnvelopeSize",
    step="raise MaxEnvelopeSizekb to at least 150 with `winrm set winrm/config`",
)
_POLICY = Advice(
    kind=NotReached.POLICY,
    what="remote shells are switched off by policy",
    step="allow remote shell access (AllowRemoteShellAccess) for this server",
)
_GONE = Advice(kind=NotReached.BROKEN, what="the server ended the shell before it answered", step="run the audit again")
_BUSY = Advice(kind=NotReached.BUSY, what="the server was too busy to answer", step="run the audit again later")
_SLOW = Advice(
    kind=NotReached.TIMED_OUT,
    what="the server did not finish an operation in time",
    step="raise --timeout, or look at the server's load",
)
_NETWORK = Advice(
    kind=NotReached.BROKEN, what="the WinRM service lost its network connection", step="run the audit again"
)
_AUTHENTICATION = Advice(
    kind=NotReached.UNAUTHORISED,
    what="the server did not accept the log-on",
    step="check the account, its password and the authentication method",
)

ADVICE: Mapping[int, Advice] = {
    5: _ACCESS,
    **dict.fromkeys(range(2150859173, 2150859177), _QUOTA),
    2150858815: _QUOTA,
    2150859179: _QUOTA,
    **dict.fromkeys(range(2150859236, 2150859243), _QUOTA),
    **dict.fromkeys((2150858790, 2150858824, 2150858825), _SIZE),
    **dict.fromkeys((2150858806, 2150858909), _AUTHENTICATION),
    2150858843: _GONE,
    2150859180: _POLICY,
    2150859235: _POLICY,
    BUSY: _BUSY,
    OPERATION_TIMED_OUT: _SLOW,
    2150859046: _NETWORK,
}


def advice_for(code: int | None) -> Advice:
    """Return what a fault code means; a code that is not in the table is told as it is."""
    if code is not None and code in ADVICE:
        return ADVICE[code]
    shown = "without a code" if code is None else f"{code} (0x{code:08X})"
    return Advice(
        kind=NotReached.FAULT,
        what=f"the WinRM service refused with fault {shown}",
        step="look the code up with `winrm helpmsg`, or in the server's event log Windows Remote Management",
    )
