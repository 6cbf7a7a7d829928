"""Questions are the same ones wherever they are asked: here, in stored evidence, and in another process."""

import os
import pickle
import subprocess
import sys

from auditor.model.question import Question, ask, parse, spell

HALL = ask("light", room="hall")
ASKED_THERE = """
import pickle, sys
from auditor.model.question import ask
sys.stdout.buffer.write(pickle.dumps(ask("light", room="hall")))
"""


def test_equal_questions_have_the_same_hash() -> None:
    assert {HALL: "on"}[parse(spell(HALL))] == "on"
    assert ask("light", room="attic") != HALL


def test_a_question_says_what_it_asks_and_nothing_else() -> None:
    assert repr(HALL) == "Question(kind='light', parameters=(('room', 'hall'),))"


def test_a_question_from_another_process_is_found_here() -> None:
    """Processes hash texts differently, so no hash may travel."""
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        said = subprocess.check_output([sys.executable, "-c", ASKED_THERE], env=environment)
        travelled: Question = pickle.loads(said)
        assert {HALL: "on"}[travelled] == "on"
