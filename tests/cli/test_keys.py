"""`snapharbor keys`: who can open a repository, and how that is changed."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.repository import Person, manifest, somebody
from support.store import Store

from snapharbor.engine.keypair import new_identity, recipient_of

ID = "20261122-100000-0badcafe"
BEN = somebody()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store with one snapshot in local storage, and a colleague `ben` in the configuration."""
    store = Store(tmp_path, lines=[f"recipients: {{ben: {{public_key: {recipient_of(BEN.identity)}}}}}"])
    store.add(manifest(ID))
    return store


def owners(store: Store) -> list[str]:
    return store("--json", "keys").last()["result"][0]["recipients"]


def objects(store: Store) -> dict[str, bytes]:
    """Return everything that is stored but the key object."""
    storage = store.directory / "data" / "snapshots"
    files = [path for path in storage.rglob("*") if path.is_file() and path.name != "repository.json"]
    return {str(path.relative_to(storage)): path.read_bytes() for path in files}


def rotated(store: Store, *options: str) -> dict[str, Any]:
    ran = store("--json", "keys", "rotate", *options, "--yes")
    assert ran.code == 0, ran.out
    return ran.last()["result"]


def test_every_storage_is_shown_with_its_key_and_its_owners(store: Store) -> None:
    local, team = store("--json", "keys").last()["result"]
    assert (local["storage"], local["opens"], team) == ("local", True, {"storage": "team", "opens": False})
    assert local["recipients"] == [recipient_of(store.person.identity)]
    assert local["signed_by"] == store.person.signs_as
    shown = store("keys")
    assert (shown.code, local["key_id"] in shown.out, "no repository yet" in shown.out) == (0, True, True)


def test_after_a_rotation_the_former_identity_opens_nothing_and_every_snapshot_is_readable(
    store: Store,
) -> None:
    former, before = store.person, objects(store)
    store.person, store.previous = Person(new_identity(), former.signing_key), (former,)
    plan = store("--json", "keys", "rotate", "--dry-run").last()["result"]["plan"]
    assert {effect["kind"] for effect in plan["effects"]} == {"overwrites", "exposes", "revokes"}
    assert store("keys", "rotate").code == 32
    assert owners(store) == [recipient_of(former.identity)]
    done = rotated(store)
    assert done["recipients"] == done["added"] == [recipient_of(store.person.identity)]
    assert done["removed"] == [recipient_of(former.identity)]
    store.previous = ()
    assert store("verify", ID).code == 0
    assert objects(store) == before
    store.person = former
    refused = store("--json", "verify", ID).last()["error"]
    assert (refused["code"], refused["details"]) == ("key-missing", {"recipients": done["recipients"]})


def test_an_owner_comes_and_goes_and_the_others_stay(store: Store) -> None:
    me = recipient_of(store.person.identity)
    assert rotated(store, "--add", "ben")["recipients"] == [me, recipient_of(BEN.identity)]
    assert "ben" in store("keys").out
    rotated(store)
    assert owners(store) == [me, recipient_of(BEN.identity)]
    assert rotated(store, "--remove", "ben")["removed"] == [recipient_of(BEN.identity)]
    assert owners(store) == [me]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--add", "nobody"), "recipient-unknown"),
        (("--remove", "ben"), "recipient-unknown"),
        (("--profile", "team"), "key-missing"),
        (("--profile", "nowhere"), "config-invalid"),
    ],
)
def test_what_cannot_be_rotated_is_refused_before_anything_is_written(
    store: Store, options: tuple[str, ...], code: str
) -> None:
    before = store("--json", "keys").out
    refused = store("--json", "keys", "rotate", *options, "--yes").last()["error"]
    assert refused["code"] == code
    assert store("--json", "keys").out == before


def test_the_own_identity_stays_an_owner(store: Store) -> None:
    me = recipient_of(store.person.identity)
    refused = store("--json", "keys", "rotate", "--remove", me, "--yes").last()["error"]
    assert refused["code"] == "argument-invalid"
    assert owners(store) == [me]


def test_a_rotation_stands_in_the_audit_record_and_is_refused_read_only(store: Store) -> None:
    assert store("--read-only", "keys", "rotate", "--yes").code == 34
    rotated(store, "--add", "ben")
    records = [json.loads(line) for line in store("audit", "export").out.splitlines()]
    (done,) = [one for one in records if (one["what"], one["outcome"]) == ("rotate", "succeeded")]
    assert done["details"]["added"] == [recipient_of(BEN.identity)]


def test_a_storage_that_cannot_be_opened_is_told_and_hides_no_other(store: Store) -> None:
    store.add(manifest(ID), profile="team")
    stranger = Store(store.directory, Person(new_identity(), store.person.signing_key))
    local, team = stranger("--json", "keys").last()["result"]
    assert (local["code"], team["code"]) == ("key-missing", "key-missing")
    assert local["recipients"] == [recipient_of(store.person.identity)]
