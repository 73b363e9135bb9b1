"""Rules as text: what is written parses to what was meant, whatever names hold."""

import pytest
from support.postgres import Postgres, query

from snapharbor.engine.model.catalog import Column, TableName
from snapharbor.engine.model.suggestion import NULL, Use
from snapharbor.engine.rules.analyse import analyse_all
from snapharbor.engine.rules.parse import parse
from snapharbor.engine.rules.writing import Line, as_it_stands, commented, spelled, update, value_of
from snapharbor.engine.settings.templates import expand

EVIL = '"; DROP TABLE x; --\n\\{{`HOME` | env}}'


def text(name: str) -> Column:
    return Column(name, "text", True)


@pytest.mark.parametrize(
    ("name", "sql"),
    [
        ("email", "email"),
        ("e_mail2", "e_mail2"),
        ("Email", '"Email"'),
        ("e mail", '"e mail"'),
        ("user", '"user"'),
        ("order", '"order"'),
        ("any", '"any"'),
        ("straße", '"straße"'),
        ('say "hi"', '"say ""hi"""'),
    ],
)
def test_a_name_is_quoted_where_it_has_to_be(name: str, sql: str) -> None:
    assert spelled(name, "postgres") == sql


def test_every_word_that_the_server_reserves_is_quoted(each_postgres: Postgres) -> None:
    reserved = query(each_postgres.url, "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')")
    assert reserved
    assert not [word for (word,) in reserved if spelled(str(word), "postgres") == word]


@pytest.mark.parametrize(
    ("use", "sql"),
    [
        (Use("first-name"), 'snapharbor.first_name("Name")'),
        (Use("json", ("$.it's", "email")), "snapharbor.json(\"Name\", '$.it''s', 'email')"),
        (NULL, "NULL"),
        (Use(literal="0"), "0"),
        (
            Use(fields=(("street", Use("street")), ("Zip", None), ("x", NULL))),
            'CASE WHEN "Name" IS NULL THEN NULL ELSE '
            'ROW(snapharbor.street(("Name").street), ("Name")."Zip", NULL)::text END',
        ),
    ],
)
def test_a_use_is_written_as_a_call(use: Use, sql: str) -> None:
    assert value_of(use, text("Name"), "postgres") == sql


def test_many_paths_stand_in_lines_of_their_own_with_their_masks() -> None:
    options = tuple(part for number in range(9) for part in (f"$.member_{number}", "email"))
    written = value_of(Use("json", options), text("document"), "postgres")
    first, *rest = written.splitlines()
    assert first == "snapharbor.json(document,"
    assert [line.strip().rstrip(",)") for line in rest] == [
        f"'$.member_{number}', 'email'" for number in range(9)
    ]


@pytest.mark.parametrize("name", ["email", EVIL, "a\nb", "*/ x", "'"])
def test_whatever_names_hold_an_update_is_one_rule_for_its_columns(name: str) -> None:
    table = TableName(name, name)
    lines = (
        Line(name, value_of(Use("email"), text(name), "postgres"), f"because of {name}"),
        Line("left", None, f"decide: {name}"),
        Line("last", "NULL", name),
    )
    sql = as_it_stands("\n".join((commented(name), update(table, lines, "postgres"))))
    (rule,) = analyse_all(parse(expand(sql, "test"), "sanitize.query_file", "postgres"), "postgres")
    assert [(target.schema, target.name) for target in rule.targets] == [(name, name)]
    assert [(one.column, one.functions) for one in rule.assignments] == [
        (name, ("snapharbor.email",)),
        ("last", ()),
    ]


def test_where_a_person_decides_everything_nothing_runs() -> None:
    written = update(TableName("public", "t"), (Line("a\nb", None, "decide\nthis"),), "postgres")
    assert all(line.startswith("--") for line in written.splitlines())
