"""Shell completion, as the shells ask for it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from anyio import to_thread
from support.cli import Command, written
from support.harbor import add_snapshot, manifest

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.jobs.admit import admit
from snapharbor.engine.keypair import new_identity, new_signing_key
from snapharbor.engine.model.plan import Plan
from snapharbor.engine.model.share import Share

SHARE = Share(
    id="k3-share",
    snapshot=manifest().id,
    target="shop",
    profile=None,
    recipients=("tess",),
    created_by="ana",
    created_at="2026-11-22T10:00:00Z",
    expires_at="2099-01-01T00:00:00Z",
)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    written(
        tmp_path / "snapharbor.yml",
        ["targets:", "  shop:", "    snapshot:", "      src_url: postgres://reader@db.example/shop",
         "  stock:", "    snapshot:", "      src_url: postgres://reader@db.example/stock",
         "storage_profiles: {team: {provider: local, path: team}}",
         "recipients:", f"  tess: {{public_key: age1{'q' * 58}, groups: [testers, dev]}}"],
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


@pytest.mark.parametrize("verb", ["share shop --to", "keys rotate --add"])
def test_people_and_groups_are_completed(command: Command, verb: str) -> None:
    assert completed(command, f"snapharbor {verb} t") == ["tess", "testers"]


def test_storages_and_tools_are_completed(command: Command) -> None:
    assert completed(command, "snapharbor prune --profile t") == ["team"]
    assert completed(command, "snapharbor call describe_t") == ["describe_target"]
    assert completed(command, "snapharbor --read-only call build") == []


async def test_ids_of_snapshots_jobs_and_shares_are_completed(tmp_path: Path) -> None:
    written(tmp_path / "signing.pem", [new_signing_key().reveal().strip()])
    keys = {"identity": new_identity().reveal(), "signing": "secret:file:signing.pem"}
    command = Command(tmp_path, {"SNAPHARBOR_DEFAULTS__WORKING_DIRECTORY": str(tmp_path / "data")})
    file = written(tmp_path / "snapharbor.yml", [f"keys: {json.dumps(keys)}"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNAPHARBOR_DEFAULTS__WORKING_DIRECTORY", str(tmp_path / "data"))
        async with Harbor.open(file) as harbor:
            await add_snapshot(harbor, manifest())
            mine = replace(SHARE, created_by=harbor.services.principal.subject)
            await harbor.services.ledger.save_share(mine)
            job = await admit(harbor.services, Plan("verify", "shop", "verify", {}), None)

    async def asked(line: str) -> list[str]:
        return await to_thread.run_sync(completed, command, line)

    assert await asked("snapharbor verify 2026") == [manifest().id]
    assert await asked(f"snapharbor jobs {job.id[:3]}") == [job.id]
    assert await asked("snapharbor revoke k") == [SHARE.id]
