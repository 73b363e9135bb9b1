"""What somebody decided about columns and findings, as it stands in the configuration."""

import pytest
from support.settings import Corner

from snapharbor.engine.model.finding import Accepted
from snapharbor.engine.model.target import Rules

DECIDED = """\
targets:
  shop:
    sanitize:
      override_query: DELETE FROM a
      policy: require
      keep:
        public.users.nick: chosen by the users for everybody to see
        public.Order.Ship.To: an odd name
      accept:
        - {fingerprint: 0123456789abcdef, reason: no person in it, author: ana}
"""


def test_reasons_and_accepted_findings_arrive(corner: Corner) -> None:
    assert corner.load(DECIDED).target("shop").rules == Rules(
        override_query="DELETE FROM a",
        policy="require",
        keep={
            "public.users.nick": "chosen by the users for everybody to see",
            "public.Order.Ship.To": "an odd name",
        },
        accept=(Accepted("0123456789abcdef", "no person in it", "ana"),),
    )


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("policy: require", "policy: sometimes"),
        ("public.users.nick: chosen", "users.nick: chosen"),
        (": an odd name", ': " "'),
        ("0123456789abcdef", "0123"),
        ("author: ana", "who: ana"),
        (", author: ana", ""),
    ],
)
def test_a_decision_that_cannot_be_read_is_refused(corner: Corner, written: str, wrong: str) -> None:
    assert corner.refusal(DECIDED.replace(written, wrong)).code == "config-invalid"
