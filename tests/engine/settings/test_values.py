"""Templates and references: what a value stands for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid, SecretUnset
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.settings.templates import expand


def name_of(settings: Settings) -> str:
    return settings.target("a").name


def named(text: str) -> str:
    return f"targets:\n  a:\n    name: {text}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{`WORD` | env}}", "a b/c"),
        ("{{ `WORD`|env }}", "a b/c"),
        ("<{{`WORD` | env | urlquery}}>", "<a%20b%2Fc>"),
        ("{{`WORD`}}", "WORD"),
        ("{{`{{`}}", "{{"),
        ("{{`a@b` | urlquery}}", "a%40b"),
        ("{{`WORD` | env}}-{{`WORD` | env}}", "a b/c-a b/c"),
        ("${WORD}", "a b/c"),
        ("$WORD ${} $", "$WORD ${} $"),
    ],
)
def test_a_template_stands_for_its_value(corner: Corner, written: str, meant: str) -> None:
    corner.set(WORD="a b/c")
    assert name_of(corner.load(named(f'"{written}"'))) == meant


def test_a_password_in_a_variable_survives_a_url(corner: Corner) -> None:
    corner.set(PW="p@ss/w:ord?#%")
    url = "postgres://me:{{`PW` | env | urlquery}}@db/shop"
    source = corner.load(f'targets: {{a: {{snapshot: {{src_url: "{url}"}}}}}}').target("a").source
    assert source is not None
    assert source.password is not None
    assert (source.host, source.password.reveal()) == ("db", "p@ss/w:ord?#%")


def test_what_a_variable_holds_is_never_looked_at_again(corner: Corner) -> None:
    corner.set(TRAP="{{`HOME` | env}} ${HOME} secret:env:HOME enc:v1:x")
    assert (
        name_of(corner.load(named('"{{`TRAP` | env}}"')))
        == "{{`HOME` | env}} ${HOME} secret:env:HOME enc:v1:x"
    )


@pytest.mark.parametrize("written", ["{{`NOWHERE` | env}}", "${NOWHERE}", "secret:env:NOWHERE"])
def test_an_unset_variable_is_an_error_that_names_it(corner: Corner, written: str) -> None:
    refused = corner.refusal(named(f'"{written}"'))
    assert type(refused) is SecretUnset
    assert refused.details == {
        "file": str(corner.file),
        "line": 3,
        "key": "targets.a.name",
        "variable": "NOWHERE",
    }


@pytest.mark.parametrize(
    "written",
    ["{{NAME}}", "{{ env NAME }}", "{{`NAME` | upper}}", "{{`NAME` | env", "{{`NAME` |}}", "{{`NAME` env}}"],
)
def test_a_template_that_is_not_understood_is_refused(corner: Corner, written: str) -> None:
    refused = corner.refusal(named(f'"{written}"'))
    assert (type(refused), refused.details["key"]) == (ConfigInvalid, "targets.a.name")


def test_the_deprecated_form_is_warned_about(corner: Corner) -> None:
    corner.set(WORD="x")
    (warning,) = corner.load(named("${WORD}")).warnings
    assert f"{corner.file}:3" in warning


def test_sql_is_expanded_when_it_runs_and_not_before(corner: Corner) -> None:
    written = "UPDATE a SET b = '{{`SALT` | env}}'"
    settings = corner.load(f'override: {{san_query: "{written}"}}')
    assert settings.override_query == written
    with pytest.raises(SecretUnset) as caught:
        expand("SELECT 1;\n\n" + written, "override.san_query")
    assert "line 3" in caught.value.message
    corner.set(SALT="pepper")
    assert expand(written, "override.san_query") == "UPDATE a SET b = 'pepper'"


@given(st.text().filter(lambda text: "`" not in text))
def test_sql_without_templates_stays_as_it_is(text: str) -> None:
    sql = f"SELECT '{{{{1,2}},{{3}}}}'::int[], '${{x}}', {text}"
    assert expand(sql, "sql") == sql


@given(st.text(st.characters(codec="utf-8", exclude_characters="`")))
def test_a_literal_is_itself_and_urlquery_is_percent_encoding(text: str) -> None:
    assert expand(f"{{{{`{text}`}}}}", "sql") == text
    assert expand(f"{{{{`{text}` | urlquery}}}}", "sql") == quote(text, safe="")


def test_a_secret_in_a_file_is_read_without_its_last_line_break(corner: Corner) -> None:
    corner.secret("s.txt", " two\nlines \r\n")
    assert name_of(corner.load(named("secret:file:s.txt"))) == " two\nlines "


def test_a_secret_is_taken_as_it_is(corner: Corner) -> None:
    corner.secret("s.txt", "{{`X` | env}} ${Y}")
    assert name_of(corner.load(named("secret:file:~/s.txt"))) == "{{`X` | env}} ${Y}"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_of_ours_that_others_can_read_is_refused(corner: Corner, mode: int) -> None:
    corner.secret("s.txt", "x", mode)
    refused = corner.refusal(named("secret:file:s.txt"))
    assert type(refused) is ConfigInvalid
    assert "chmod 600" in refused.hint


def test_a_file_that_was_mounted_for_us_is_read_with_a_warning(corner: Corner) -> None:
    mounted = Path("/etc/passwd")
    if os.getuid() == 0:
        mounted = corner.secret("s.txt", "x", 0o644)
        os.chown(mounted, 12345, 12345)
    settings = corner.load(named(f"secret:file:{mounted}"))
    assert name_of(settings) == mounted.read_text().rstrip("\n")
    assert len(settings.warnings) == 1


def nothing(_corner: Corner) -> None:
    pass


def directory(corner: Corner) -> None:
    (corner.home / "s.txt").mkdir()


def binary(corner: Corner) -> None:
    corner.secret("s.txt", "").write_bytes(b"\xff\xfe")


def huge(corner: Corner) -> None:
    corner.secret("s.txt", "x" * 70_000)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (nothing, SecretUnset),
        (directory, ConfigInvalid),
        (binary, ConfigInvalid),
        (huge, ConfigInvalid),
    ],
)
def test_a_file_that_is_no_secret_is_refused(
    corner: Corner, make: Callable[[Corner], None], kind: type[Exception]
) -> None:
    make(corner)
    refused = corner.refusal(named("secret:file:s.txt"))
    assert (type(refused), refused.details["key"]) == (kind, "targets.a.name")


@pytest.mark.parametrize("written", ["secret:", "secret:env:", "secret:vault:x", "secret:keyring:noslash"])
def test_a_reference_that_is_not_understood_is_refused(corner: Corner, written: str) -> None:
    assert type(corner.refusal(named(f'"{written}"'))) is ConfigInvalid


class Shelf(keyring.backend.KeyringBackend):
    """A keyring in memory, of the real library's own kind."""

    priority = 1  # pyright: ignore

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        return {("snapharbor/dev", "me"): "from the keyring"}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError


@pytest.fixture
def use() -> Iterator[Callable[[Shelf], None]]:
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)


def test_a_secret_comes_out_of_the_keyring(corner: Corner, use: Callable[[Shelf], None]) -> None:
    use(Shelf())
    assert name_of(corner.load(named("secret:keyring:snapharbor/dev/me"))) == "from the keyring"


@pytest.mark.parametrize("locked", [True, False])
def test_a_keyring_without_an_answer_is_an_unset_secret(
    corner: Corner, use: Callable[[Shelf], None], locked: bool
) -> None:
    use(Shelf(locked=locked))
    refused = corner.refusal(named("secret:keyring:other/me"))
    assert (type(refused), refused.details["key"]) == (SecretUnset, "targets.a.name")


def test_a_hook_is_an_argument_list_and_a_relative_program_begins_beside_the_file(corner: Corner) -> None:
    settings = corner.load(
        """\
        targets:
          a:
            snapshot: {src_url: postgres://h/d}
            hooks: {before_build: [bin/stop, "a, b"], after_load: [systemctl, start]}
        """
    )
    hooks = settings.target("a").hooks
    assert hooks.before_build == (str(corner.home / "bin/stop"), "a, b")
    assert hooks.after_load == ("systemctl", "start")
