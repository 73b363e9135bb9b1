"""The command line itself: help, mistakes, flags, streams."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.cli import COMMAND, Command

from snapharbor import __version__
from snapharbor.cli.main import VERBS, cli

SENTENCES = [(verb, text) for verbs in VERBS.values() for verb, text in verbs.items()]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.mark.parametrize(("verb", "sentence"), SENTENCES)
def test_every_verb_is_there_and_begins_with_its_sentence(verb: str, sentence: str) -> None:
    found = cli.get_command(click.Context(cli), verb)
    assert found is not None
    assert found.get_short_help_str(limit=200) == sentence


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("build", "--help")])
def test_help_imports_nothing_that_a_verb_needs(arguments: tuple[str, ...]) -> None:
    watched = ("anyio", "rich", "pydantic", "mcp", "boto3", "psycopg", "sqlglot", "cryptography", "ruamel")
    program = (
        "import sys\nfrom snapharbor.cli.main import run_command\n"
        f"code = run_command({list(arguments)!r})\n"
        f"print(sorted(set(sys.modules) & set({watched!r})), file=sys.stderr)\nsys.exit(code)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


def test_the_version_is_printed(command: Command) -> None:
    assert command("--version").out == f"snapharbor {__version__}\n"


def test_no_arguments_show_the_help_and_fail(command: Command) -> None:
    ran = command()
    assert (ran.code, ran.out) == (2, "")
    assert "targets" in ran.err


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (("buidl", "shop"), "`build`"),
        (("build", "shop", "--tga", "x"), "`--tag`"),
        (("audit", "shwo"), "`show`"),
    ],
)
def test_a_misspelled_word_is_answered_with_the_closest(
    command: Command, wrong: tuple[str, ...], right: str
) -> None:
    ran = command(*wrong)
    assert (ran.code, ran.out) == (2, "")
    assert right in ran.err


@pytest.mark.parametrize(
    "wrong",
    [
        ("build",),
        ("build", ""),
        ("build", "shop", "extra"),
        ("load", "shop", "frist"),
        ("load", "shop", "20261122-101500-00000000"),
        ("load", "shop", "--destdb-env", "UNSET_VARIABLE"),
        ("load", "shop", "--destdb", "postgres://db.example"),
        ("load", "shop", "--destdb", "postgres://db.example/a", "--database", "b"),
        ("load", "shop", "--destdb", "postgres://db.example/a", "--detach"),
        ("sanitize", "shop", "0", "--new"),
        ("share",),
        ("share", "shop", "--for", "2 hours"),
        ("share", "shop", "--for", "0"),
        ("pull", "-"),
        ("prune",),
        ("prune", "--keep-last", "-1"),
        ("jobs", "--wait"),
        ("call", "list_targets", "--args", "{"),
        ("call", "list_targets", "--args", "[]"),
        ("call", "list_targets", "--args", "@missing.json"),
        ("completion", "tcsh"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_before_anything_is_opened(
    command: Command, wrong: tuple[str, ...]
) -> None:
    ran = command("--json", *wrong)
    assert ran.code == 2
    assert ran.last()["error"]["code"] == "usage"
    assert ran.err == ""
    assert not list(command.home.iterdir())


def test_a_usage_error_never_repeats_a_password(command: Command) -> None:
    ran = command("load", "shop", "--destdb", "postgres://me:canary-7f3a@host:port/name")
    assert ran.code == 2
    assert "canary-7f3a" not in ran.out + ran.err


def test_without_a_configuration_the_error_says_what_to_do(command: Command) -> None:
    ran = command("targets")
    assert (ran.code, ran.out) == (11, "")
    assert "snapharbor config init" in ran.err


@pytest.mark.parametrize("arguments", [("--json", "targets"), ("targets", "--json")])
def test_global_flags_stand_before_or_after_the_verb(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command(*arguments)
    assert ran.code == 11
    assert ran.last()["error"]["exit_code"] == 11


def test_a_reader_that_stops_early_sees_no_traceback(command: Command) -> None:
    child = command.start("--help")
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    assert child.stderr.read() == ""
    assert child.wait(60) == 141
    child.stderr.close()


def test_output_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            (*COMMAND, "--help"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 55
    assert "Traceback" not in ran.stderr
