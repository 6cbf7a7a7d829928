"""Where servers are read: threads of this process, or the workers of a cluster. One file each.

A cluster is named by a URL, and its library is imported when it is.
"""

import re
from contextlib import AbstractContextManager

from auditor.errors import UsageError
from auditor.executors.engine import Engine, Needs

THREADS = "threads"
_PROTOCOLS = {"dask": "tcp", "dask+tls": "tls"}
_URL = re.compile(r"(?P<engine>[a-z+]+)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/:@\[\]]+)(?::(?P<port>[0-9]{1,5}))?/?")
_PORT = 8786
"""Where a Dask scheduler listens unless it is told otherwise."""


def scheduler_of(text: str) -> str:
    """Return the address of the scheduler that an executor names, as Dask spells it, empty for threads.

    Raises `UsageError` for what names none.
    """
    found = _URL.fullmatch(text)
    if text == THREADS:
        return ""
    if not found or found["engine"] not in _PROTOCOLS:
        known = ", ".join(f"{engine}://HOST:PORT" for engine in _PROTOCOLS)
        raise UsageError(f"there is no executor {text!r}; name {THREADS}, {known}")
    return f"{_PROTOCOLS[found['engine']]}://{found['host']}:{found['port'] or _PORT}"


def cluster_at(scheduler: str, needs: Needs) -> AbstractContextManager[Engine]:
    """Return what connects to the scheduler; it raises `ClusterError` when nothing can be read that way."""
    from auditor.executors.dask import dask  # noqa: PLC0415  an extra, and slow to import

    return dask(scheduler, needs)
