"""Shell completion, as the shells ask for it."""

from pathlib import Path

import pytest
from support.cli import Command, written


@pytest.fixture
def command(tmp_path: Path) -> Command:
    written(
        tmp_path / "snapharbor.yml",
        ["targets:", "  shop:", "    snapshot:", "      src_url: postgres://reader@db.example/shop",
         "  stock:", "    snapshot:", "      src_url: postgres://reader@db.example/stock"],
    )  # fmt: skip
    return Command(tmp_path)


def completed(command: Command, line: str) -> list[str]:
    words = line.split(" ")
    asking = command.having(
        _SNAPHARBOR_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1)
    )
    return [answer.split(",", 1)[1] for answer in asking.here().out.splitlines() if answer]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_for_this_command(command: Command, shell: str) -> None:
    ran = command.here("completion", shell)
    assert ran.code == 0
    assert f"_SNAPHARBOR_COMPLETE={shell}_complete" in ran.out


def test_verbs_are_completed(command: Command) -> None:
    assert completed(command, "snapharbor sha") == ["share"]


def test_options_are_completed(command: Command) -> None:
    assert completed(command, "snapharbor build --dry") == ["--dry-run"]


@pytest.mark.parametrize(
    "verb", ["build", "sanitize", "load", "target", "prune --target", "verify", "suggest"]
)
def test_names_of_targets_are_completed_from_the_configuration(command: Command, verb: str) -> None:
    assert completed(command, f"snapharbor {verb} s") == ["shop", "stock"]


def test_the_configuration_named_on_the_line_counts(command: Command) -> None:
    other = written(
        command.home / "other.yml", ["targets:", "  south:", "    snapshot:", "      src_url: pg://h/d"]
    )
    assert completed(command, f"snapharbor --config {other.name} build s") == ["south"]


def test_a_broken_configuration_completes_nothing_and_says_nothing(command: Command) -> None:
    written(command.home / "snapharbor.yml", ["targets: ["])
    assert completed(command, "snapharbor build s") == []
