"""What is printed when something goes wrong that nobody foresaw, and what a name may do to a terminal."""

import json
import tempfile
from collections.abc import Generator
from pathlib import Path

import click
import pytest
from support.cli import Command, written

from snapharbor.cli.main import cli, run_command
from snapharbor.engine.keypair import new_identity, new_signing_key

CANARY = "canary-5d0b"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path]:
    """Add a verb that fails like a mistake of ours does; return the directory for its log."""

    @click.command()
    def broken() -> None:
        try:
            raise ValueError(f"row ({CANARY})")
        except ValueError as error:
            raise ExceptionGroup(f"two of {CANARY}", [error, RuntimeError(CANARY)]) from error

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cli.add_command(broken)
    yield tmp_path
    del cli.commands["broken"]


def test_a_mistake_of_ours_is_one_line_and_a_log_without_its_words(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["broken"]) == 1
    printed = capsys.readouterr()
    (log,) = broken.glob("*.log")
    assert printed.out == ""
    assert "Traceback" not in printed.err
    assert str(log) in printed.err
    assert log.stat().st_mode & 0o777 == 0o600
    assert "RuntimeError" in log.read_text()
    assert "test_failures.py" in log.read_text()
    assert CANARY not in printed.err + log.read_text()


def test_a_mistake_of_ours_is_json_where_json_was_asked_for(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["--json", "broken"]) == 1
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert (error["code"], error["exit_code"], printed.err) == ("internal", 1, "")


def test_a_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    written(tmp_path / "snapharbor.yml", ['targets: {shop: {name: "a\\e[31mb\\u202ec\\nd"}}'])
    ran = Command(tmp_path).terminal("target", "shop")
    assert ran.code == 0
    assert r"a\x1b[31mb\u202ec\nd" in ran.out


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_for_terminals_that_want_it(
    tmp_path: Path, variables: dict[str, str], coloured: bool
) -> None:
    command = Command(tmp_path, variables)
    assert ("\x1b[1;31m" in command.terminal("targets").out) is coloured
    assert "\x1b" not in command("targets").err


@pytest.mark.parametrize("verb", [("build", "shop"), ("sanitize", "shop", "--new")])
@pytest.mark.parametrize("missing", ["identity", "signing"])
def test_a_key_that_is_missing_is_told_before_anything_is_reached(
    tmp_path: Path, verb: tuple[str, ...], missing: str
) -> None:
    keys = {"identity": new_identity().reveal(), "signing": "secret:file:signing.pem"}
    del keys[missing]
    written(tmp_path / "signing.pem", [new_signing_key().reveal().strip()])
    written(
        tmp_path / "snapharbor.yml",
        [
            f"keys: {json.dumps(keys)}",
            "targets: {shop: {snapshot: {src_url: 'postgres://a@127.0.0.1:9/b'},",
            "                 sanitize: {override_query: DELETE FROM c}}}",
        ],
    )
    ran = Command(tmp_path).here("--json", *verb)
    assert ran.code == 11
    assert f"`keys.{missing}`" in ran.last()["error"]["message"]
