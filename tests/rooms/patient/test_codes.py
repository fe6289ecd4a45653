"""The codes that phones were given out with."""

import inspect
import re
from types import ModuleType

import pytest

from pro_app.acts import forms
from pro_app.core import submission
from pro_app.core.refused import Refused, Why
from pro_app.patient import drafting, from_phone
from pro_app.patient.codes import code_of

#: As phones know them. A line may be added, none is ever changed.
GIVEN_OUT = {
    *("UNKNOWN_VISIT", "BAD_ANSWERS", "NO_CONSENT", "DAY_AHEAD", "NOT_OPEN_YET"),
    *("OTHER_ANSWERS", "NOT_LIVE", "NO_WORDING", "UNKNOWN_WORDING", "ID_IN_USE", "LOCKED"),
}


def reasons_in(module: ModuleType) -> list[Why]:
    return [Why[name] for name in re.findall(r"\bWhy\.([A-Z_]+)", inspect.getsource(module))]


@pytest.mark.parametrize("module", [forms, submission, drafting, from_phone])
def test_every_reason_not_to_take_a_form_has_a_code_that_phones_know(module: ModuleType) -> None:
    reasons = reasons_in(module)
    assert reasons
    assert {code_of(Refused(why)) for why in reasons} <= GIVEN_OUT
