"""The original's configuration becomes ours: every key, every old layout, and no secret in sight."""

import secrets
import stat
from pathlib import Path
from textwrap import dedent

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from support.dbsnapper import NAME, document
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid, ConfigMissing, EngineError, KeyMissing
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.settings.dbsnapper.keys import KEYS
from snapharbor.engine.settings.dbsnapper.sealed import opened
from snapharbor.engine.settings.dbsnapper.write import Imported, import_configuration
from snapharbor.engine.settings.load import load_settings

KEY = secrets.token_hex(16)
PASSWORD = f"p@ss/w:rd{{{{`X`}}}}${{Y}}{secrets.token_hex(4)}"


def sealed(text: str, key: str = KEY) -> str:
    nonce = secrets.token_bytes(12)
    return "$aes$" + (nonce + AESGCM(key.encode()).encrypt(nonce, text.encode(), None)).hex()


def imported(corner: Corner, text: str) -> Imported:
    old = corner.home / "dbsnapper.yml"
    old.write_text(dedent(text))
    return import_configuration(old, corner.file)


def password_of(url: DatabaseUrl | None) -> str:
    assert url is not None
    assert url.password is not None
    return url.password.reveal()


def became(done: Imported) -> dict[str, str | None]:
    return {row.key: row.to for row in done.rows}


def test_the_vectors_that_the_original_published_open() -> None:
    key = "c614a689a559d1b517c28a5e4fcdc059"
    for digits in (
        "bf7b67ddbf88c9becd6c208e40ce127cc2164afe74f6c7347a6bce367e1a582b09ff88c6",
        "f24821b81b7e96942450a6735c4fbdb7e2ad23981bc61be7d3a0280679e0411eae512bd7",
    ):
        assert opened(digits, key) == "postgres"


@pytest.mark.parametrize("damage", ["another key", "short key", "no key", "flipped", "cut", "odd"])
def test_a_value_that_does_not_open_ends_the_import_and_is_not_repeated(corner: Corner, damage: str) -> None:
    value = sealed(PASSWORD, secrets.token_hex(16) if damage == "another key" else KEY)
    value = {
        "flipped": value[:-1] + ("0" if value[-1] != "0" else "1"),
        "cut": value[:20],
        "odd": value[:-1],
    }.get(damage, value)
    key = {"short key": "secret_key: abc", "no key": ""}.get(damage, f"secret_key: {KEY}")
    with pytest.raises(KeyMissing) as caught:
        imported(corner, f"{key}\ntargets: {{a: {{src_url: 'postgres://u:{value}@h/d'}}}}\n")
    assert caught.value.details["key"] == "targets.a.src_url"
    assert value not in str(caught.value.__reduce__())
    assert not corner.file.exists()


def test_secrets_are_opened_and_encrypted_anew_and_what_is_plain_too(corner: Corner) -> None:
    done = imported(
        corner,
        f"""\
        secret_key: {KEY}
        authtoken: {sealed("token")}
        targets:
          flat:
            src_url: postgresql://app:{sealed(PASSWORD)}@db.internal:5433/app
            dst_url: pgl://dev:plain-{KEY}@localhost/copy
          whole: {{snapshot: {{src_url: "{sealed(f"pgl://u:{KEY}@h/d")}"}}}}
        storage_profiles:
          team: {{provider: minio, endpoint: 'http://h', bucket: b, access_key: a-{KEY},
                 secret_key: {sealed(PASSWORD)}}}
        override: {{san_query: "{sealed("DELETE FROM t")}"}}
        """,
    )
    text = corner.file.read_text()
    assert not [secret for secret in (KEY, PASSWORD, "token", "$aes$") if secret in text]
    assert stat.S_IMODE(corner.file.stat().st_mode) == 0o600
    settings = load_settings(corner.file)
    flat, whole, team = settings.targets["flat"], settings.targets["whole"], settings.profile("team")
    assert str(flat.source) == "postgres://db.internal:5433/app"
    assert password_of(flat.source) == PASSWORD
    assert password_of(flat.destination) == f"plain-{KEY}"
    assert password_of(whole.source) == KEY
    assert (team.access_key, team.secret_key) == (Secret(f"a-{KEY}"), Secret(PASSWORD))
    assert settings.override_query == "DELETE FROM t"
    assert KEY not in str(done)
    assert "token" not in repr(done.rows).replace("authtoken", "")
    assert not done.problems


def test_the_key_of_the_environment_counts_more_than_the_one_in_the_file(corner: Corner) -> None:
    corner.set(DBSNAPPER_SECRET_KEY=KEY)
    text = f"secret_key: {secrets.token_hex(16)}\noverride: {{dst_db_url: 'pgl://u:{sealed('x')}@h/d'}}\n"
    imported(corner, text)
    found = load_settings(corner.file).override_destination
    assert password_of(found) == "x"


@pytest.mark.parametrize("pattern", KEYS)
def test_every_key_becomes_one_that_is_known_or_is_left_out_with_a_sentence(
    corner: Corner, pattern: str
) -> None:
    rule = KEYS[pattern]
    done = imported(corner, document(pattern))
    (row,) = done.rows
    assert row.key == pattern.replace("*", NAME)
    if isinstance(rule, str):
        assert (row.to, row.note) == (None, rule)
        return
    assert row.to == rule.key.replace("*", NAME)
    # Whatever else a target or storage needs may be missing; no key may be unknown.
    assert not [problem for problem in done.problems if "not a key" in problem.message]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("postgres://h/d", "postgres://h:5432/d"),
        ("pg://h/d", "postgres://h:5432/d"),
        ("pglocal://h:1/d", "postgres://h:1/d"),
        ("pgl://:5433/d", "postgres://localhost:5433/d"),
        ("pgd://u@host.docker.internal/d", "postgres://127.0.0.1:5432/d"),
        ("pgdocker://h/d?sslmode=require", "postgres://h:5432/d"),
        ("PGL:///d?host=/run/pg", "postgres:///run/pg:5432/d"),
        ("mysql://h/d", "mysql://h:3306/d"),
        ("mylocal://h/d", "mysql://h:3306/d"),
        ("myl://h/d?serverPubKey=x&tls=true", "mysql://h:3306/d"),
        ("mydocker://root@host.docker.internal:33/d", "mysql://127.0.0.1:33/d"),
        ("myd://h/d", "mysql://h:3306/d"),
        ("maria://h/d", "mysql://h:3306/d"),
        ("percona://h/d", "mysql://h:3306/d"),
    ],
)
def test_every_scheme_is_ours_afterwards(corner: Corner, written: str, read: str) -> None:
    imported(corner, f"override: {{dst_db_url: '{written}'}}\n")
    found = load_settings(corner.file).override_destination
    assert str(found) == read
    assert found is not None
    assert "serverPubKey" not in found.options


def test_templates_of_every_form_mean_a_variable(corner: Corner) -> None:
    corner.set(PW="a b", HOST="h")
    forms = ("{{`PW` | env | urlquery}}", '{{"PW" | env}}', "{{ env `PW` }}", "{{- `PW` | env -}}", "${PW}")
    for form in forms:
        corner.file.unlink(missing_ok=True)
        imported(
            corner, f"targets:\n  a: {{snapshot: {{src_url: 'pgd://u:{form}@{{{{`HOST` | env}}}}:1/d'}}}}\n"
        )
        text = corner.file.read_text()
        assert "enc:v1:" not in text
        settings = load_settings(corner.file)
        source = settings.targets["a"].source
        assert source is not None
        assert (source.host, password_of(source)) == ("h", "a b")
        assert not settings.warnings


def test_of_two_keys_that_say_the_same_one_counts_and_the_other_is_told(corner: Corner) -> None:
    done = imported(
        corner,
        """\
        working_directory: /legacy
        defaults: {working_directory: /new}
        targets:
          a:
            storage_profile: one
            snapshot: {src_url: pgl://h/d, storage_profile: two}
        storage_profiles: {one: {provider: s3, bucket: b}, two: {type: s3, bucket: b}}
        """,
    )
    assert became(done)["working_directory"] is None
    assert became(done)["targets.a.snapshot.storage_profile"] is None
    settings = load_settings(corner.file)
    assert settings.working_directory == Path("/new/snapharbor")
    assert settings.targets["a"].storage_profile == "one"


def test_files_of_rules_are_found_where_the_original_looked(corner: Corner) -> None:
    (corner.home / ".dbsnapper").mkdir()
    rules = corner.secret(".dbsnapper/rules.sql", "DELETE FROM t;")
    imported(
        corner,
        """\
        targets:
          a: {snapshot: {src_url: pgl://h/d}, sanitize: {query_file: rules.sql}}
          b: {src_url: pgl://h/d, query: rules.sql}
          c: {src_url: pgl://h/d, query: DELETE FROM t}
        """,
    )
    targets = load_settings(corner.file).targets
    found = {key: target.rules for key, target in targets.items() if target.rules}
    assert (found["a"].query_file, found["b"].query_file) == (rules, rules)
    assert found["c"].override_query == "DELETE FROM t"


def test_work_servers_that_hold_a_source_are_left_out(corner: Corner) -> None:
    done = imported(
        corner,
        """\
        targets:
          a: {snapshot: {src_url: pgl://h/d}, sanitize: {dst_url: pgl://h/work}}
          b: {snapshot: {src_url: myl://h/d}, sanitize: {dst_url: myl://elsewhere/work}}
          c: {snapshot: {src_url: pgl://h/e}, sanitize: {dst_url: pgl://elsewhere/work}}
        """,
    )
    left_out = [key for key, to in became(done).items() if to is None]
    assert left_out == ["targets.a.sanitize.dst_url"]


def test_programs_of_several_installations_are_left_to_be_found(corner: Corner) -> None:
    done = imported(
        corner,
        "database_tools: {postgresql: {pg_dump: /a/pg_dump, psql: /b/psql}, mysql: {mysql: /c/mysql}}\n",
    )
    assert [to for to in became(done).values() if to] == ["database_tools.mysql.mysql"]


def test_names_that_cannot_be_ours_are_changed_everywhere_and_never_onto_another(corner: Corner) -> None:
    profile = "storage_profiles: {'the team': {provider: s3, bucket: b}}\n"
    imported(corner, profile + "targets: {'a b': {storage_profile: the team, src_url: pgl://h/d}}\n")
    target = load_settings(corner.file).targets["a-b"]
    assert target.storage_profile == "the-team"
    corner.file.unlink()
    with pytest.raises(ConfigInvalid):
        imported(corner, "targets: {'a b': {src_url: pgl://h/d}, 'a-b': {dst_url: pgl://h/e}}\n")


def test_what_cannot_be_used_is_told_and_what_is_missing_here_too(corner: Corner) -> None:
    done = imported(
        corner,
        """\
        targets:
          a: {snapshot: {src_url: "pgl://u:{{`NOT_SET` | env}}@h/d"}}
          b: {snapshot: {src_url: mongo://h/d}}
        """,
    )
    assert {type(problem).code for problem in done.problems} == {"secret-unset", "config-invalid"}
    assert became(done)["targets.b.snapshot.src_url"] == "targets.b.snapshot.src_url"


def test_variables_of_the_original_are_named_with_their_counterparts(corner: Corner) -> None:
    corner.set(
        DBSNAPPER_DEFAULTS__SHARED_TARGET_DST_DB_URL=KEY,
        DBSNAPPER_TARGETS__SHOP__SNAPSHOT__SRC_URL=KEY,
        DBSNAPPER_NO_CONFIRM="true",
        DBSNAPPER_DOCKER__IMAGES__MYSQL="x",
        DBSNAPPER_TYPO="x",
        DB_SNAPPER_AUTHTOKEN=KEY,
    )
    done = imported(corner, "debug: true\n")
    assert {row.key: row.to for row in done.variables} == {
        "DBSNAPPER_DEFAULTS__SHARED_TARGET_DST_DB_URL": "SNAPHARBOR_DEFAULTS__SHARED_TARGET_DST_DB_URL",
        "DBSNAPPER_TARGETS__SHOP__SNAPSHOT__SRC_URL": "SNAPHARBOR_TARGETS__SHOP__SNAPSHOT__SRC_URL",
        "DBSNAPPER_NO_CONFIRM": None,
        "DBSNAPPER_DOCKER__IMAGES__MYSQL": "SNAPHARBOR_DOCKER__IMAGES__MYSQL",
        "DBSNAPPER_TYPO": None,
        "DB_SNAPPER_AUTHTOKEN": None,
    }
    assert all(row.to or row.note for row in done.variables)
    assert KEY not in str(done)


@pytest.mark.parametrize(
    "text", ["a: [", "targets: {a: {snapshot: {src_url: [x]}}}", "targets: {a: {sso_groups: {b: c}}}"]
)
def test_what_cannot_be_read_is_refused_and_nothing_is_written(corner: Corner, text: str) -> None:
    with pytest.raises(EngineError) as caught:
        imported(corner, text)
    assert caught.value.code == "config-invalid"
    assert not corner.file.exists()


def test_nothing_is_overwritten_and_a_look_writes_nothing(corner: Corner) -> None:
    old = corner.secret("dbsnapper.yml", "targets: {a: {src_url: pgl://h/d}}\n")
    seen = import_configuration(old, corner.file, dry_run=True)
    assert (seen.file, [path.name for path in corner.home.iterdir()]) == (None, ["dbsnapper.yml"])
    done = import_configuration(old, corner.file)
    assert done.rows == seen.rows
    before = corner.file.read_text()
    with pytest.raises(ConfigInvalid):
        import_configuration(old, corner.file)
    with pytest.raises(ConfigMissing):
        import_configuration(corner.home / "nowhere.yml", corner.home / "new.yml")
    assert corner.file.read_text() == before
