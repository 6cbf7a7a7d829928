"""Fault codes against the list of all that are known, and the words made of them."""

import json

import pytest

from auditor.errors import NotReached
from auditor.transports.faults import advice_for
from auditor.transports.refusals import refused

FITTING = {
    "auth": {NotReached.UNAUTHORISED, NotReached.FORBIDDEN},
    "quota": {NotReached.QUOTA},
    "size": {NotReached.SIZE},
    "policy": {NotReached.POLICY},
    "shell-gone": {NotReached.BROKEN},
    "retry": {NotReached.BUSY},
    "network": {NotReached.BROKEN},
    "poll-again": {NotReached.TIMED_OUT},
}


def test_every_code_of_a_known_class_has_advice_of_a_fitting_kind(shared_data):
    codes = json.loads((shared_data / "wsman" / "wsman_error_codes.json").read_text(encoding="utf-8"))["codes"]

    strange = [each for each in codes if each["class"] in FITTING]
    wrong = [each for each in strange if advice_for(each["decimal"]).kind not in FITTING[each["class"]]]

    assert {each["class"] for each in strange} == set(FITTING)
    assert wrong == []


@pytest.mark.parametrize(("code", "shown"), [(None, "without a code"), (2150858752, "2150858752 (0x80338000)")])
def test_a_code_nobody_knows_is_told_as_it_is(code, shown):
    error = refused(code, "cas01:5985")

    assert error.kind is NotReached.FAULT
    assert shown in str(error)
