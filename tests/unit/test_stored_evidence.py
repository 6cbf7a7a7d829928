"""Evidence of a run folder, found by server."""

import pytest

from auditor import evidence_store
from auditor.errors import RunNotFoundError
from auditor.model.answer import Observed
from auditor.report import EVIDENCE
from auditor.stored_evidence import StoredEvidence

NAMES = ("web01", 'with "quotes" and \\', "späti", "")


@pytest.fixture
def folder(small, tmp_path):
    """Return a run folder; the answers hold what looks like the name of a server."""
    answer = Observed(data={"server": "web99", "status": '"server":"web98","status":', "nested": {"server": "web97"}})
    lines = [evidence_store.write(small.evidence(answer, host=name)) for name in NAMES]
    (tmp_path / EVIDENCE).write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return tmp_path


def test_each_server_is_found_by_its_name(folder) -> None:
    with StoredEvidence(folder) as stored:
        assert stored.servers == set(NAMES)
        for name in NAMES:
            found = stored.of(name)
            assert found is not None
            assert found.server == name


def test_a_server_that_is_only_named_in_an_answer_is_not_there(folder) -> None:
    with StoredEvidence(folder) as stored:
        assert [stored.of(name) for name in ("web97", "web98", "web99")] == [None, None, None]


def test_a_damaged_line_is_refused_when_its_server_is_asked_for(folder) -> None:
    file = folder / EVIDENCE
    file.write_bytes(file.read_bytes().replace(b"observed", b"obscured", 1))

    with StoredEvidence(folder) as stored:
        assert stored.of("späti") is not None
        with pytest.raises(RunNotFoundError, match="damaged"):
            stored.of("web01")


def test_lines_that_are_no_evidence_name_no_server(folder) -> None:
    (folder / EVIDENCE).write_bytes(b'\n{}\n"server":\n{"server":1}\n{"server":"half')

    with StoredEvidence(folder) as stored:
        assert stored.servers == frozenset()


def test_a_folder_without_evidence_is_an_error_of_the_system(tmp_path) -> None:
    with pytest.raises(OSError, match=EVIDENCE):
        StoredEvidence(tmp_path)
