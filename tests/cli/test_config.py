"""`snapharbor config` as it is typed."""

import secrets
from pathlib import Path

import pytest
from support.cli import Command, written

CANARY = f"canary{secrets.token_hex(8)}"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_init_makes_a_configuration_that_shows_and_encrypts_and_never_a_second_one(command: Command) -> None:
    made = command.here("config", "init", "--json")
    assert made.code == 0
    result = made.last()["result"]
    assert set(result) == {"file", "working_directory", "public_key", "verifying_key"}
    again = command.here("config", "init", "--json")
    assert (again.code, again.last()["error"]["code"]) == (10, "config-invalid")
    shown = command.here("config", "show", "--json").last()["result"]
    assert shown["file"] == result["file"]
    origins = {one["key"]: one["origin"] for one in shown["values"]}
    assert origins["keys.identity"].endswith("snapharbor.yml:5 (secret:file)")
    assert command.here("config", "encrypt", "--json").last()["result"]["encrypted"] == []
    everything = made.out + command.here("config", "show").out + command.here("config", "init").err
    keys = command.home / ".config/snapharbor/keys"
    hidden = ((keys / "identity.txt").read_text().strip(), (keys / "signing.pem").read_text().split("\n")[1])
    assert not [secret for secret in hidden if secret in everything]


def test_the_file_is_named_before_or_after_the_verb(command: Command) -> None:
    file = written(command.home / "other.yml", ["protected: [here]"])
    for arguments in (
        ("--config", str(file), "config", "show"),
        ("config", "--config", str(file), "show"),
        ("config", "show", "--config", str(file)),
    ):
        ran = command.here(*arguments)
        assert ran.code == 0
        assert "here" in ran.out


def test_encrypt_rewrites_the_file_and_names_keys_only(command: Command) -> None:
    command.here("config", "init", "--config", "snapharbor.yml")
    file = command.home / "snapharbor.yml"
    plain = file.read_text().replace(
        "targets: {}", f"targets: {{a: {{snapshot: {{src_url: 'postgres://u:{CANARY}@h/d'}}}}}}"
    )
    written(file, plain.splitlines())
    done = command.here("config", "encrypt")
    assert done.code == 0
    assert "targets.a.snapshot.src_url" in done.out
    assert CANARY not in done.out + done.err + file.read_text()
    shown = command.here("config", "show")
    assert "postgres://u:********@h:5432/d" in shown.out
    assert CANARY not in shown.out


def test_an_error_leaves_with_its_code_and_without_the_value(command: Command) -> None:
    for text, code in (
        (f"defaults: {{cpus: {CANARY}}}", 10),
        ("targets: {a: {name: 'secret:env:NOWHERE'}}", 12),
        ("override: {dst_db_url: enc:v1:AAAA}", 54),
    ):
        written(command.home / "snapharbor.yml", [text])
        for verb in ("show", "check"):
            ran = command.here("config", verb)
            assert ran.code == code
            assert CANARY not in ran.out + ran.err
    assert command.here("config", "show", "--config", "nowhere.yml").code == 11


def test_check_connects_and_leaves_with_the_code_of_the_first_error(command: Command) -> None:
    command.here("config", "init")
    fine = command.here("config", "check", "--json")
    result = fine.last()["result"]
    assert (fine.code, result["ok"]) == (0, True)
    assert {one["area"] for one in result["checks"]} == {"configuration", "keys", "tools", "proof", "storage"}
    broken = command.having(SNAPHARBOR_TARGETS__A__SNAPSHOT__SRC_URL=f"postgres://u:{CANARY}@127.0.0.1:1/d")
    ran = broken.here("config", "check", "--json")
    (error,) = [one for one in ran.last()["result"]["checks"] if one["level"] == "error"]
    assert (ran.code, error["area"], error["name"], error["exit_code"]) == (40, "source", "a", 40)
    seen = broken.terminal("config", "check")
    assert seen.code == 40
    assert CANARY not in ran.out + ran.err + seen.out


def test_a_configuration_of_the_original_becomes_one_that_shows_and_says_what_became_of_each_key(
    command: Command,
) -> None:
    written(
        command.home / "dbsnapper.yml",
        [
            f"authtoken: {CANARY}",
            "override: {san_query: '', nocloud: true}",
            "targets:",
            f"  a: {{src_url: 'pgl://u:{CANARY}@h/d', sanitize: {{query_file: r.sql}}, subset: {{",
            "     subset_tables: [{table: s.a, percent: 2.5}, {table: s.b, where: id < 9}],",
            "     added_relationships: [{fk_table: s.a, fk_columns: b, ref_table: s.b, ref_columns: [id]}]}}",
        ],
    )
    seen = command.here("config", "import", "dbsnapper.yml", "--dry-run", "--json").last()["result"]
    assert (seen["file"], (command.home / "snapharbor.yml").exists()) == (None, False)
    done = command.here("config", "import", "dbsnapper.yml", "--json")
    # Looking once more is no harm, and writing once more is refused.
    assert command.here("config", "import", "dbsnapper.yml", "--dry-run", "--json").last()["result"] == seen
    assert command.here("config", "import", "dbsnapper.yml").code == 10
    result = done.last()["result"]
    assert (done.code, result["problems"]) == (0, [])
    assert {row["key"]: row["to"] for row in result["keys"]} == {
        "authtoken": None,
        "override.nocloud": None,
        "targets.a.src_url": "targets.a.snapshot.src_url",
        "targets.a.subset.subset_tables": "targets.a.subset.subset_tables",
        "targets.a.subset.added_relationships": "targets.a.subset.added_relationships",
        "targets.a.sanitize.query_file": "targets.a.sanitize.query_file",
    }
    assert all(row["to"] or row["note"] for row in result["keys"])
    shown = command.here("config", "show")
    assert "postgres://u:********@h:5432/d" in shown.out
    again = command.here("config", "import", "dbsnapper.yml")
    assert again.code == 10
    elsewhere = command.here("config", "import", "dbsnapper.yml", "--to", "new/other.yml")
    assert "Next:" in elsewhere.out
    printed = [done.out, shown.out, again.err, elsewhere.out, elsewhere.err]
    assert CANARY not in "".join(printed) + (command.home / "new/other.yml").read_text()


def test_a_file_that_is_not_there_is_told_with_where_it_usually_is(command: Command) -> None:
    ran = command.here("config", "import", "nowhere.yml")
    assert ran.code == 11
    assert "~/.config/dbsnapper/dbsnapper.yml" in ran.err


def test_a_hook_that_is_no_program_is_an_error_of_the_check(command: Command) -> None:
    written(
        command.home / "snapharbor.yml",
        ["targets: {a: {name: A, hooks: {before_build: ['true'], after_load: ['no/such program']}}}"],
    )
    ran = command.here("config", "check", "--json")
    (found,) = [one for one in ran.last()["result"]["checks"] if one["exit_code"] == 73]
    assert (found["area"], found["name"], found["level"]) == ("configuration", "a", "error")
    assert "after_load" in found["message"]
