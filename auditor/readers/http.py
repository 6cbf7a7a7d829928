"""An answer to one HTTP request from the auditor: status and headers, no credentials, no redirect followed."""

from auditor.errors import ReplyError
from auditor.model.question import Question, ask
from auditor.model.reader import Reader, Side
from auditor.model.value import Json
from auditor.readers.shape import Read, items, record, table, text, whole


def http(*, scheme: str, port: int, method: str, path: str, host: str = "") -> Question:
    """Ask for the answer to a request to the server; `host` "" stands for the connection's address.

    Observed: `{"status": 403, "headers": {"lower-case-name": ["value", ...]}}`. Never absent: a server that
    does not answer is a failure to read.
    """
    return ask("http", scheme=scheme, port=str(port), method=method, path=path, host=host)


def _texts(value: Json, where: str) -> list[str]:
    return items(value, where, text)


_HEADER: Read[list[str]] = _texts


def check(data: Json) -> Json:
    """Return status and headers as documented; statuses are those of RFC 9110, section 15."""
    fields = record(data, "http", {"status", "headers"})
    status = whole(fields["status"], "http.status", greatest=599)
    if status < 100:
        raise ReplyError(f"http.status is {status}, which no server sends; look at the stored evidence")
    headers = table(fields["headers"], "http.headers", _HEADER)
    if any(name != name.lower() for name in headers):
        raise ReplyError("http.headers are not all in lower case; look at the stored evidence")
    return {"status": status, "headers": headers}


READER = Reader(kind="http", side=Side.AUDITOR, parameters=("scheme", "port", "method", "path", "host"), check=check)
