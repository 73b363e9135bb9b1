import base64
from pathlib import Path

import pytest

from snapharbor.engine.model.errors import RulesMissing, RuleSyntax
from snapharbor.engine.model.target import Rules
from snapharbor.engine.rules.tiers import choose, decode

UPDATE = "VVBEQVRFIHVzZXJzIFNFVCBlbWFpbCA9ICd1c2VyQGV4YW1wbGUuY29tJzs="
LONG = "-- keep\n" + "UPDATE users SET name = 'Zoë' WHERE id > 1;\n" * 5


@pytest.mark.parametrize("own", [None, "UPDATE own SET a = 1"])
@pytest.mark.parametrize("everywhere", [None, "UPDATE everywhere SET a = 1"])
@pytest.mark.parametrize("file", [None, "UPDATE file SET a = 1"])
def test_the_nearest_tier_counts_alone(
    tmp_path: Path, own: str | None, everywhere: str | None, file: str | None
) -> None:
    path = tmp_path / "rules.sql"
    if file:
        path.write_text(file)
    rules = Rules(override_query=own, query_file=path if file else None)
    if not (own or everywhere or file):
        with pytest.raises(RulesMissing):
            choose(rules, everywhere)
        return
    tier, text = choose(rules, everywhere)
    assert text == (own or everywhere or file)
    assert tier == (
        "sanitize.override_query" if own else "override.san_query" if everywhere else "sanitize.query_file"
    )


@pytest.mark.parametrize(
    "text", ["TRUNCATE", "ROLLBACK", "SELECT 1;", "UPDATE a SET b=1", "", "   ", "-- note", "sql:AAAA"]
)
def test_sql_stays_what_it_is(text: str) -> None:
    assert decode(text) == text.removeprefix("sql:")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (UPDATE, "UPDATE users SET email = 'user@example.com';"),
        (UPDATE.rstrip("="), "UPDATE users SET email = 'user@example.com';"),
        (base64.b64encode(LONG.encode()).decode(), LONG),
        (base64.urlsafe_b64encode(LONG.encode()).decode().rstrip("="), LONG),
        (base64.encodebytes(LONG.encode()).decode(), LONG),
        ("base64:" + base64.b64encode(b"hello").decode(), "hello"),
    ],
)
def test_base64_is_recognised(text: str, plain: str) -> None:
    assert decode(text) == plain


def test_forced_base64_that_is_none_is_refused() -> None:
    with pytest.raises(RuleSyntax):
        decode("base64:UPDATE a SET b")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.sql"
    path.write_bytes("UPDATE a SET b = 1;\n-- Zoë".encode("cp1252"))
    with pytest.raises(RuleSyntax) as caught:
        choose(Rules(query_file=path), None)
    assert caught.value.details == {"line": 2}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesMissing):
        choose(Rules(query_file=tmp_path / "none.sql"), None)


def test_a_byte_order_mark_is_not_part_of_the_sql(tmp_path: Path) -> None:
    path = tmp_path / "rules.sql"
    path.write_bytes(b"\xef\xbb\xbfDELETE FROM a WHERE b")
    assert choose(Rules(query_file=path), None)[1] == "DELETE FROM a WHERE b"
