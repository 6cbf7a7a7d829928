"""What is counted at simulated servers, and that counts can be added and compared."""

import io
import time

from hypothesis import given
from hypothesis import strategies as st

from auditor.lab.counted import Counted
from auditor.lab.counters import NO_COUNTS, NOTHING, Counters, Counts, Window

COUNTS = st.builds(Counts, exchanges=st.integers(0, 99), shells_opened=st.integers(0, 9), bytes_sent=st.integers(0, 9))


def test_what_is_added_is_there_now() -> None:
    counters = Counters()

    counters.add("exchanges")
    counters.add("bytes_sent", 500)
    counters.add("bytes_sent", 12)

    assert counters.now() == Counts(exchanges=1, bytes_sent=512)


@given(COUNTS, COUNTS)
def test_what_happened_since_and_what_happened_before_are_what_happened(before: Counts, since: Counts) -> None:
    assert (before + since) - before == since
    assert before + NO_COUNTS == before


def test_the_window_of_what_happened_is_taken_once() -> None:
    counters = Counters()
    begun = time.time()
    counters.add("connections")
    time.sleep(0.02)
    counters.add("exchanges")

    window, again = counters.take_window(), counters.take_window()

    assert begun <= window.first < window.last <= time.time()
    assert window.seconds >= 0.02
    assert again == NOTHING


def test_windows_join_and_no_window_has_no_length() -> None:
    first, second = Window(first=1.0, last=2.0), Window(first=5.0, last=6.5)

    assert (second | first).seconds == 5.5
    assert (first | NOTHING) == first
    assert NOTHING.seconds == 0


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_counted_stream_counts_what_passes_and_nothing_at_the_end(read: bytes, written: bytes) -> None:
    passed: list[int] = []
    inside = io.BytesIO(read)
    stream = Counted(inside, passed.append)

    assert stream.readline() + stream.read() == read
    assert sum(passed) == len(read)
    assert 0 not in passed
    stream.write(written)

    assert sum(passed) == len(read) + len(written)
    assert inside.getvalue() == read + written
    stream.close()
    assert inside.closed
