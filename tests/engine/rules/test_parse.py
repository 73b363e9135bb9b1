import pytest

from snapharbor.engine.model.errors import EngineError, RuleRefused, RulesMissing, RuleSyntax
from snapharbor.engine.model.rules import Rule, RuleSet
from snapharbor.engine.rules.parse import parse


def rules(text: str) -> RuleSet:
    return parse(text, "sanitize.query_file", "postgres")


def test_every_statement_keeps_its_own_text_and_line() -> None:
    text = """-- first
UPDATE users SET email = 'u;' || id /* ; */ , name = E'it\\'s' WHERE id > 1;

DELETE FROM "Order" USING users u WHERE u.id = "Order".uid;
TRUNCATE audit, logs;
WITH old AS (SELECT id FROM app.users) INSERT INTO done(id) SELECT id FROM old
"""
    assert rules(text).rules == (
        Rule(2, "update", text.split("\n")[1].removesuffix(";"), ("users",)),
        Rule(4, "delete", 'DELETE FROM "Order" USING users u WHERE u.id = "Order".uid', ("Order", "users")),
        Rule(5, "truncate", "TRUNCATE audit, logs", ("audit", "logs")),
        Rule(6, "insert", text.split("\n")[5], ("done", "app.users")),
    )


@pytest.mark.parametrize("text", ["", "  \n", ";;", "-- nothing\n/* here */"])
def test_no_statement_is_an_error(text: str) -> None:
    with pytest.raises(RulesMissing):
        rules(text)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("UPDATE users SET a = 1;\n\nUPDATE users SET = 2;", 3, 20),
        ("UPDATE a SET b = (1;", 1, 19),
        ("DELETE FROM a WHERE\n b = ;", 2, 4),
        ("DELETE FROM a WHERE b; UPDATE a SETT b = 1", 1, 38),
        ("DELETE FROM a WHERE\n\n  UPDATE a SET b = 'é☃' + * 3", 3, 10),
    ],
)
def test_a_statement_that_cannot_be_parsed_is_named_by_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(RuleSyntax) as caught:
        rules(text)
    assert caught.value.details == {"line": line, "column": column}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("UPDATE a SET b = 'x", 1, 18),
        ("UPDATE a SET b = $$x", 1, 18),
        ('DELETE FROM a WHERE\n b;\n UPDATE "a SET b = 1;\n\n', 3, 9),
        ("UPDATE a SET b = 'it''s', c = 'x;\nUPDATE b SET c = 1", 1, 31),
        ("DELETE FROM a WHERE b; /* and\nso on", 1, 24),
        ("'", 1, 1),
        # A server would read no further.
        ("UPDATE a SET b = 1 -- \0\n WHERE id = 1", 1, 23),
    ],
)
def test_an_open_quotation_is_named_by_where_it_begins(text: str, line: int, column: int) -> None:
    with pytest.raises(RuleSyntax) as caught:
        rules(text)
    assert caught.value.details == {"line": line, "column": column}


@pytest.mark.parametrize(
    "text",
    [
        "DO $$ BEGIN DELETE FROM a; END $$",
        "COPY a TO PROGRAM 'sh'",
        "COPY a FROM '/etc/passwd'",
        "CREATE TABLE a AS SELECT 1",
        "DROP TABLE a",
        "ALTER TABLE a ADD b int",
        "CALL wipe()",
        "SELECT 1",
        "SELECT pg_sleep(1)",
        "SET session_replication_role = replica",
        "BEGIN",
        "COMMIT",
        "GRANT ALL ON a TO b",
        "VACUUM a",
        "PREPARE x AS SELECT 1",
        "\\! sh",
        "UPDATE a SET b = pg_read_file('/etc/passwd')",
        "UPDATE a SET b = pg_catalog.pg_read_file('x')",
        "UPDATE a SET b = lo_import('/etc/passwd')::text",
        "UPDATE a SET b = query_to_xml('select 1', true, true, '')::text",
        "UPDATE a SET b = set_config('x', 'y', false)",
        "UPDATE a SET b = (SELECT dblink_exec('host=x', 'DROP TABLE y'))",
        "UPDATE a SET b = public.md5(b)",
        "UPDATE a SET b = ('/etc/passwd'::text).pg_read_file",
        "UPDATE a SET b = c OPERATOR(public.#+#) 'x'",
        "INSERT INTO a SELECT pg_ls_dir('.')",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(EngineError) as caught:
        rules(text)
    assert isinstance(caught.value, RuleRefused | RuleSyntax)


def test_a_thousand_statements_are_taken_in_order() -> None:
    text = "\n".join(f"UPDATE t{n} SET a = {n};" for n in range(1000))
    assert [rule.tables for rule in rules(text).rules] == [(f"t{n}",) for n in range(1000)]
