"""What surrounds an audit: the lock, the log, the history, those who are told."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.audit import Clock
from auditor.cli.importing import importing
from auditor.cli.sources import Source, read_evidence
from auditor.cli.store import url_for
from auditor.cli.wishes import Wishes
from auditor.errors import NotRecordedError
from auditor.history.records import StoreError
from auditor.lock import Owner, command_line, held, lock_name, lock_path
from auditor.logs import Log, opened
from auditor.message import message_of, worth_telling
from auditor.model.moment import show_moment
from auditor.model.run import Run
from auditor.notify import refuse_bad_addresses, tell

if TYPE_CHECKING:
    from auditor.history.store import Store

NO_STORE = "none"


def refuse_early(wishes: Wishes) -> None:
    """Raise `UsageError` for what would only be found wrong when the audit is over."""
    refuse_bad_addresses(wishes.notify)


def log_of(wishes: Wishes, clock: Clock) -> AbstractContextManager[Log]:
    """Return the log that was wished for; it keeps nothing when none was."""
    return opened(wishes.log_format, wishes.log, clock)


@contextmanager
def alone(wishes: Wishes, source: Source, log: Log, clock: Clock) -> Iterator[None]:
    """Be the only audit of these servers; one that contacts no server need not be."""
    if not source.contacts_servers:
        yield
        return
    name = lock_name((each.server, [policy.id for policy in each.policies]) for each in source.assignments)
    owner = Owner(
        pid=os.getpid(),
        host=socket.gethostname(),
        started=show_moment(clock()),
        command=command_line(sys.argv),
    )
    with held(wishes.out, name, owner) as killed:
        if killed:
            print(f"note: took over the lock of an audit that was killed: {killed}", file=sys.stderr)
            log.lock_taken_over(str(lock_path(wishes.out, name)), owner=killed)
        yield


@contextmanager
def history(wishes: Wishes, source: Source, run_id: str, clock: Clock) -> Iterator[Callable[[Run], None]]:
    """Mark the run as running in the history, and as interrupted if it does not end; yields what adds its result.

    What contacts no server has no history.
    """
    if not source.contacts_servers or wishes.store == NO_STORE:
        yield lambda _: None
        return
    with importing("auditor.history.store"):
        from auditor.history.store import open_store  # noqa: PLC0415  a database library is slow to import

    with (
        open_store(url_for(wishes.store, wishes.out)) as store,
        store.begin_run(run_id, show_moment(clock())),
    ):
        yield partial(_record, store, wishes)


def _record(store: "Store", wishes: Wishes, run: Run) -> None:
    try:
        store.record(run, read_evidence(wishes.out / run.id))
    except StoreError as error:
        step = f"the run itself is written; add it later: auditor store add {run.id}"
        raise NotRecordedError(f"{error}; {step}") from error


def finish(wishes: Wishes, source: Source, run: Run, log: Log) -> None:
    """Log how the run ended, and tell those who wanted to know; a dead notifier changes nothing but is seen."""
    seconds = (datetime.fromisoformat(run.finished) - datetime.fromisoformat(run.started)).total_seconds()
    place = str(wishes.out / run.id)
    if run.interrupted:
        log.run_interrupted(run.id, reason=run.exit_reason)
    log.run_finished(run.id, exit_code=run.exit_code, exit_reason=run.exit_reason, seconds=seconds, place=place)
    if not wishes.notify or not worth_telling(run):
        return
    # who reads the message does not stand where the audit was started
    message = message_of(run, str(Path(place).absolute()))
    for failure in tell(wishes.notify, message, source.credentials):
        print(f"not told: {failure.place}: {failure.reason}", file=sys.stderr)
        log.notifier_failed(failure.place, reason=failure.reason)
