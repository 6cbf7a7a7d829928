"""The chain of exports: one row, whoever else exports at the same moment."""

import threading

import pytest

from auditor.history.store import Store, open_store


def test_each_export_follows_the_one_before(store: Store) -> None:
    seen = []
    for number in range(3):
        with store.next_export() as link:
            seen.append(link.previous)
            link.sealed(f"envelope-{number}", f"run-{number}")

    assert seen == ["", "envelope-0", "envelope-1"]


def test_an_export_that_fails_is_not_part_of_the_chain(store: Store) -> None:
    def fail() -> None:
        with store.next_export() as link:
            link.sealed("envelope-0", "run-0")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.next_export():
        pass  # ended without having made anything

    with store.next_export() as link:
        assert link.previous == ""


def test_two_exports_at_once_follow_one_another(store: Store, store_url: str) -> None:
    holding, previous = threading.Event(), []

    def second() -> None:
        holding.wait()
        with open_store(store_url) as other, other.next_export() as link:
            previous.append(link.previous)
            link.sealed("envelope-1", "run-1")

    thread = threading.Thread(target=second)
    thread.start()
    with store.next_export() as link:
        holding.set()
        thread.join(0.3)
        waited = thread.is_alive()
        link.sealed("envelope-0", "run-0")
    thread.join()

    assert waited
    assert (link.previous, previous) == ("", ["envelope-0"])


def test_the_chain_outlives_the_store_that_was_closed(store: Store, store_url: str) -> None:
    with store.next_export() as link:
        link.sealed("envelope-0", "run-0")

    with open_store(store_url) as again, again.next_export() as link:
        assert link.previous == "envelope-0"
