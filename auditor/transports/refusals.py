"""What a WinRM service refuses with -> why a server was not reached, and the next step. Pure."""

from collections.abc import Collection

from auditor.errors import NotReached, ServerNotReachedError
from auditor.model.inventory import Authentication, Connection, Scheme
from auditor.transports.faults import advice_for

_WORDS = {
    Authentication.BASIC: {"basic"},
    Authentication.NTLM: {"ntlm", "negotiate"},
    Authentication.KERBEROS: {"kerberos", "negotiate"},
    Authentication.CREDSSP: {"credssp"},
}
_SAID_CHARACTERS = 200
_LOCAL_ADMINISTRATOR = "make the account a member of the local Administrators group"
_STATUS = {
    400: (NotReached.BROKEN, "run the audit again; the server lost the log-on of this connection"),
    403: (NotReached.FORBIDDEN, _LOCAL_ADMINISTRATOR),
    404: (NotReached.NOT_WINRM, "check the port: the service there has no /wsman"),
    405: (NotReached.NOT_WINRM, "check the port: the service there has no /wsman"),
    503: (NotReached.BUSY, "check that the service Windows Remote Management is running"),
}


def refused(code: int | None, place: str, said: str = "") -> ServerNotReachedError:
    """Return what a WS-Management fault means; for one that is not known, with what the server said of it."""
    advice = advice_for(code)
    words = " ".join(said.split())[:_SAID_CHARACTERS]
    told = f" ({words})" if words and advice.kind is NotReached.FAULT else ""
    return ServerNotReachedError(advice.kind, f"{place}: {advice.what}{told}; {advice.step}")


def refused_with(status: int, place: str) -> ServerNotReachedError:
    """Return what an HTTP status without a fault means."""
    kind, step = _STATUS.get(status, (NotReached.NOT_WINRM, "check address and port; a proxy may answer there"))
    return ServerNotReachedError(kind, f"{place}: HTTP status {status} without a fault; {step}")


def unauthorised(connection: Connection, offered: Collection[str], place: str) -> ServerNotReachedError:
    """Return what a 401 means: it has several causes, of which a wrong password is only one."""
    wanted = connection.authentication
    if wanted is Authentication.CERTIFICATE:
        what = "the server maps the certificate to no account"
        step = "look at `winrm enumerate winrm/config/service/certmapping`, and allow Certificate in its settings"
    elif offered and not _WORDS[wanted] & {word.lower() for word in offered}:
        what = f"the server does not offer {wanted}, only {', '.join(dict.fromkeys(offered))}"
        step = "set `authentication` to one of these, or allow it with `winrm set winrm/config/service/auth`"
    elif wanted is Authentication.BASIC and connection.scheme is Scheme.HTTP:
        what = "the server refused Basic over plain HTTP: the password, or unencrypted messages at all"
        step = "use https or ntlm, or check account and password"
    else:
        what = "the server refused the account or its password (or demands a channel binding)"
        step = "check name, password and lock-out of the account, and that DOMAIN\\name is complete"
    return ServerNotReachedError(NotReached.UNAUTHORISED, f"{place}: {what}; {step}")
