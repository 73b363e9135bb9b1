"""What there is, what cannot be read, and what belongs to whom: on the command line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from support.cli import Ran
from support.repository import Person, manifest, somebody
from support.store import Store

FIRST, SECOND, THIRD = (f"20261122-1{hour}0000-0badcafe" for hour in range(3))
SHOP = "targets: {shop: {environment: test}}"
TEAM = "targets: {team: {share: {dst_url: 'postgres://here/team', storage_profile_name: team}}}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store where target `shop` has an original and a newer sanitized one of another set."""
    store = Store(tmp_path, lines=[SHOP])
    store.add(manifest(FIRST, created_at="2026-11-22T10:00:00Z"))
    store.add(manifest(SECOND, kind="sanitized", created_at="2026-11-22T11:00:00Z"))
    return store


def flip(store: Store, snapshot: str, where: int = 100) -> None:
    file = store.manifest_of(snapshot)
    content = bytearray(file.read_bytes())
    content[where] ^= 1
    file.chmod(0o600)
    file.write_bytes(content)


def code(ran: Ran) -> str:
    return str(ran.last()["error"]["code"])


def listed(ran: Ran) -> list[tuple[str, int, str]]:
    found = ran.last()["result"]["snapshots"]
    return [(one["target"], one["index"], one["snapshot"]) for one in found]


def test_the_snapshots_of_every_target_are_listed(store: Store) -> None:
    store.add(replace(manifest(THIRD, kind="sanitized"), target="pulled"), profile="team")
    expected = [("pulled", 0, THIRD), ("shop", 0, SECOND), ("shop", 1, FIRST)]
    assert listed(store("--json", "snapshots")) == expected
    assert listed(store("--json", "snapshots", "shop")) == expected[1:]
    assert all(one in store("snapshots").out for one in (FIRST, SECOND, THIRD))
    assert code(store("--json", "snapshots", "shpo")) == "target-unknown"


def test_a_target_that_only_a_pulled_snapshot_tells_of_is_one_that_is_shared(store: Store) -> None:
    store.add(replace(manifest(THIRD, kind="sanitized"), target="theirs"))
    store.variables = {"SNAPHARBOR_DEFAULTS__SHARED_TARGET_DST_DB_URL": "postgres://here/mine"}
    shown = store("--json", "target", "theirs").last()["result"]
    assert (shown["type"], shown["snapshots"][0]["snapshot"]) == ("share", THIRD)
    assert shown["destination"] == "postgres://here:5432/mine"


@pytest.mark.parametrize("start", [SECOND, SECOND[:12]])
def test_a_snapshot_whose_manifest_was_changed_is_told_by_every_command(store: Store, start: str) -> None:
    flip(store, SECOND)
    for verb in ("verify", "load"):
        assert code(store("--json", verb, start)) == "snapshot-corrupt"
        assert code(store("--json", verb, "shop")) == "snapshot-corrupt"
    for arguments in (("target", "shop"), ("snapshots",)):
        (broken,) = store("--json", *arguments).last()["result"]["unreadable"]
        assert (broken["snapshot"], broken["code"]) == (SECOND, "snapshot-corrupt")
        shown = store(*arguments).out
        assert SECOND in shown
        assert "prune --damaged" in shown
    assert code(store("--json", "prune", "--keep-last", "1", "--yes")) == "snapshot-corrupt"


def test_what_is_older_than_the_damage_is_still_found_by_its_id_and_what_is_newer_by_its_number(
    store: Store,
) -> None:
    flip(store, SECOND)
    assert store("verify", FIRST).code == 0
    assert code(store("--json", "verify", "shop:0")) == "snapshot-corrupt"
    store.add(manifest(THIRD, created_at="2026-11-22T12:00:00Z"))
    assert store("--json", "verify", "shop").last()["result"]["snapshot"] == THIRD
    assert code(store("--json", "verify", "shop:1")) == "snapshot-corrupt"


def test_a_damaged_snapshot_is_removed_by_a_confirmed_prune_and_all_is_well_again(store: Store) -> None:
    flip(store, SECOND)
    plan = store("--json", "prune", "--damaged", "--dry-run").last()["result"]["plan"]
    assert [(one["kind"], SECOND in one["what"]) for one in plan["effects"]] == [("deletes", True)]
    assert store("prune", "--damaged").code == 32
    assert code(store("--json", "prune", "--damaged", "--target", "shop")) == "argument-invalid"
    assert store("--json", "prune", "--damaged", "--yes").last()["result"]["removed"] == [SECOND]
    assert store("--json", "snapshots").last()["result"]["unreadable"] == []
    assert store("--json", "verify", "shop").last()["result"]["snapshot"] == FIRST
    assert store("prune", "--keep-last", "1", "--yes").code == 0


def test_a_dry_run_of_prune_says_how_much_it_frees(store: Store) -> None:
    store.add(manifest(THIRD, created_at="2026-11-22T12:00:00Z"), rows=b"more\n" * 9000)
    plan = store("--json", "prune", "--keep-last", "1", "--dry-run").last()["result"]["plan"]
    assert [step for step in plan["steps"] if re.search(r"[0-9.]+ MB", step)]


@pytest.mark.parametrize("error", ["signer-untrusted", "key-missing"])
def test_with_the_wrong_keys_no_list_is_empty_and_the_check_fails(store: Store, error: str) -> None:
    me, other = store.person, somebody()
    store.person = {
        "signer-untrusted": Person(me.identity, other.signing_key),
        "key-missing": Person(other.identity, me.signing_key),
    }[error]
    for arguments in (("target", "shop"), ("snapshots",), ("verify", "shop"), ("verify", FIRST)):
        assert code(store("--json", *arguments)) == error
    checked = store("--json", "config", "check")
    local = [one for one in checked.last()["result"]["checks"] if one["area"] == "storage"]
    assert [(one["name"], one["level"]) for one in local] == [
        ("local", "ok"),
        ("local", "error"),
        ("team", "ok"),
    ]


def test_a_number_of_digits_begins_an_id_unless_a_target_is_called_so(store: Store) -> None:
    assert code(store("--json", "verify", "2026")) == "snapshot-unknown"
    assert "begins 2 snapshot ids" in store("verify", "2026").err
    assert store("verify", SECOND[:11]).code == 0
    store.lines = ["targets: {'2026': {environment: test}}"]
    assert "target `2026`" in store("verify", "2026").err


def test_a_share_target_lists_what_stands_sanitized_in_its_storage(store: Store) -> None:
    store.lines = [TEAM]
    empty = store("target", "team")
    assert (empty.code, "build" in empty.out) == (0, False)
    assert "build" not in store("--json", "verify", "team").last()["error"]["hint"]
    store.add(manifest(THIRD), profile="team")
    store.add(manifest("20261122-130000-0badcafe", kind="sanitized"), profile="team")
    (shown,) = store("--json", "target", "team").last()["result"]["snapshots"]
    assert (shown["snapshot"], shown["storage"]) == ("20261122-130000-0badcafe", "team")
    (target,) = store("--json", "targets").last()["result"]
    assert (target["type"], target["storage"]) == ("share", "team")
    assert target["destination"] == "postgres://here:5432/team"
    assert store("--json", "verify", "team").last()["result"]["snapshot"] == "20261122-130000-0badcafe"
    assert code(store("--json", "load", "team", "--original")) == "snapshot-unknown"
    assert code(store("--json", "build", "team")) == "config-missing"
    assert store("pull", "team").code == 0
    assert store("--json", "target", "team").last()["result"]["snapshots"][0]["storage"] == "local"


def test_what_was_recorded_of_a_prune_names_what_went(store: Store) -> None:
    flip(store, SECOND)
    assert store("prune", "--damaged", "--yes").code == 0
    records = [json.loads(line) for line in store("audit", "export").out.splitlines()]
    assert [one["details"]["removed"] for one in records if one["outcome"] == "succeeded"] == [[SECOND]]


def test_raw_data_that_was_not_asked_for_is_answered_with_what_is_sanitized(store: Store) -> None:
    store.add(manifest(THIRD, created_at="2026-11-22T12:00:00Z"))
    for verb in (
        ("load", "shop"),
        ("share", "shop", "--to", "x"),
        ("export", "shop", "out"),
        ("load", THIRD),
        ("pull", "shop"),
    ):
        refused = store("--json", *verb, "--yes").last()["error"]
        assert refused["code"] == "snapshot-unsanitized"
        assert f"`shop:1` ({SECOND})" in refused["hint"]


def test_what_pull_takes_is_said_when_it_is_none_of_it(store: Store) -> None:
    refused = store("--json", "pull", "shpo").last()["error"]
    assert refused["code"] == "target-unknown"
    assert "link" in refused["hint"]
    assert "`shop`" in refused["hint"]


def test_a_list_of_a_result_is_named_once(store: Store) -> None:
    sentence = "left out, schema: `audit`"
    store.add(replace(manifest(THIRD, kind="sanitized"), left_out=(sentence,)), profile="team")
    assert store("pull", THIRD).out.count("left out") == 1
