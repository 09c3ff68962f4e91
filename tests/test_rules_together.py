"""Keys of the rules that contradict each other are refused with a sentence that says how they go together."""

import pytest
from pydantic import ValidationError

from fairlib.rules import Budget, Certainty, Quota
from fairlib.rules.submissions import Duplicates, Eligibility


@pytest.mark.parametrize(
    ("kind", "keys", "words"),
    [
        (Quota, {"column": "x", "kind": "proportional", "seats": {"a": 1}}, "computes its seats"),
        (Quota, {"column": "x", "kind": "max"}, "kind max needs `seats`"),
        (Quota, {"column": "x", "kind": "max", "seats": {"a": -1}}, "fewer than 0 seats"),
        (Budget, {"total": 9, "grant": "fixed"}, "`amount` goes with grant: fixed"),
        (Budget, {"total": 9, "amount": 3}, "`amount` goes with grant: fixed"),
        (Budget, {"total": 9, "grant": "share"}, "`share` goes with grant: share"),
        (Budget, {"total": 9, "minimum": 5, "maximum": 4}, "minimum grant 5 is above the maximum 4"),
        (Certainty, {"clear_in": 0.4, "clear_out": 0.5}, "clear_out must be below clear_in"),
        (Duplicates, {"similarity": 80, "doubt": 90}, "doubt begins below similarity"),
        (Eligibility, {"rule": "requested_within"}, "needs at_least, at_most or both"),
        (Eligibility, {"rule": "requested_within", "at_least": 3, "at_most": 2}, "at_least 3 is above at_most 2"),
        (Eligibility, {"rule": "legal_form"}, "`allowed` lists legal forms"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(kind, keys, words):
    with pytest.raises(ValidationError, match=words):
        kind(**keys)
