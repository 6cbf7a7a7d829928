"""While a module is imported for the first time garbage waits; afterwards it is looked for as before."""

import gc
import sys
from collections.abc import Iterator

import pytest

from auditor.cli.importing import importing


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_garbage_waits_until_the_module_is_there() -> None:
    before = gc.get_freeze_count()

    with importing("auditor.not_there_yet"):
        assert not gc.isenabled()

    assert gc.isenabled()
    assert gc.get_freeze_count() > before


def test_garbage_is_looked_for_again_when_the_import_fails() -> None:
    with pytest.raises(ImportError), importing("auditor.not_there_yet"):
        raise ImportError

    assert gc.isenabled()


def test_a_module_that_is_there_changes_nothing() -> None:
    before = gc.get_freeze_count()

    with importing(next(iter(sys.modules))):
        assert gc.isenabled()

    assert gc.get_freeze_count() == before


def test_who_looks_for_no_garbage_goes_on_so() -> None:
    gc.disable()
    try:
        with importing("auditor.not_there_yet"):
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()
