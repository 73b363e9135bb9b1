"""What a person and a stranger are shown of a sanitized snapshot."""

import json
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from support.cli import Command
from support.repository import manifest, somebody
from support.store import Store

from snapharbor.engine.model.proof import CallHome, Hit
from snapharbor.engine.model.snapshot import Manifest

CLEAN, LEAKS, RAW = (f"20261122-1{hour}0000-0badcafe" for hour in range(3))


def leaking(snapshot: str) -> Manifest:
    whole = manifest(snapshot, kind="sanitized")
    assert whole.sanitization is not None
    assert whole.sanitization.scan is not None
    scan = replace(
        whole.sanitization.scan,
        hits=(Hit("public.orders", "no<te\x1b", "original", 2), Hit("VIEW public.vip", "", "email", 1)),
        calls_home=(CallHome("SERVER", "far", "reaches another database"),),
        unread=("a column of a type that nobody knows",),
        accepted=(Hit("VIEW public.vip", "", "email", 1).fingerprint,),
    )
    return replace(whole, sanitization=replace(whole.sanitization, scan=scan))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, lines=["targets: {shop: {environment: test}}"])
    store.add(manifest(CLEAN, kind="sanitized"))
    store.add(leaking(LEAKS))
    store.add(manifest(RAW))
    return store


def test_a_clean_snapshot_says_what_was_searched_and_who_signed(store: Store) -> None:
    ran = store("proof", CLEAN)
    assert (ran.code, ran.err) == (0, "")
    assert "Clean: nothing was found." in ran.out
    assert "Looked for 3 original values of 1 column." in ran.out
    assert store.person.signs_as in ran.out
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    told = store("--json", "proof", CLEAN).last()["result"]
    assert (told["clean"], told["strategy"]) == (True, {"public.orders": "ephemeral"})
    assert told["manifest_sha256"] == store("--json", "verify", CLEAN).last()["result"]["manifest_sha256"]


def test_a_leak_is_named_by_its_place_and_is_an_exit_code(store: Store) -> None:
    ran = store("proof", LEAKS)
    assert ran.code == 24
    assert "Not clean: original data stands in 1 place and 1 part could not be read." in flat(ran.out)
    assert "LEAK original values in `public.orders.no<te" in flat(ran.out)
    assert "accepted e-mail addresses in `VIEW public.vip`" in flat(ran.out)
    assert "calls home SERVER `far`" in ran.out
    assert "\x1b" not in ran.out
    assert store("verify", LEAKS).code == 24


def test_the_page_stands_alone_and_escapes_names(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "proof.html"
    assert store("proof", LEAKS, "--html", str(file)).code == 24
    page = file.read_text()
    assert "no&lt;te" in page
    assert "no<te" not in page
    assert not re.search(r"<script|https?://|\x1b", page)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_stranger_checks_the_statement_with_the_public_key_alone(store: Store, tmp_path: Path) -> None:
    file, other = tmp_path / "attestation.json", somebody()
    assert store("proof", CLEAN, "--attestation", str(file)).code == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stranger = Command(elsewhere, {}).here
    ran = stranger("--json", "check-proof", str(file), "--key", store.person.signs_as)
    said = ran.last()["result"]
    assert said["subject"][0]["name"] == CLEAN
    assert said["predicate"]["leakScan"]["passed"] is True
    assert stranger("check-proof", str(file), "--key", store.person.signs_as.upper()).code == 0
    wrong = stranger("--json", "check-proof", str(file), "--key", other.signs_as)
    assert (wrong.code, wrong.last()["error"]["code"]) == (57, "signer-untrusted")
    for malformed in ("", "abc", store.person.signs_as + "0"):
        refused = stranger("--json", "check-proof", str(file), "--key", malformed)
        assert refused.last()["error"]["code"] == "argument-invalid"


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[" * 200_000])
def test_a_file_that_is_no_statement_is_refused(store: Store, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "attestation.json"
    file.write_bytes(content)
    ran = store("--json", "check-proof", str(file), "--key", store.person.signs_as)
    assert ran.last()["error"]["code"] == "snapshot-corrupt"


def test_a_changed_statement_is_refused(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "attestation.json"
    store("proof", CLEAN, "--attestation", str(file))
    envelope = json.loads(file.read_text())
    envelope["payload"] = envelope["payload"].replace("A", "B", 1)
    file.write_text(json.dumps(envelope))
    ran = store("--json", "check-proof", str(file), "--key", store.person.signs_as)
    assert ran.last()["error"]["code"] == "snapshot-corrupt"


@pytest.mark.parametrize(
    ("snapshot", "said"), [((LEAKS,), "original values in"), ((RAW, "--original"), "RAW data of `shop`")]
)
def test_what_is_not_clean_becomes_readable_only_when_that_is_confirmed(
    store: Store, tmp_path: Path, snapshot: tuple[str, ...], said: str
) -> None:
    ran = store("--json", "export", snapshot[0], str(tmp_path / "out"), *snapshot[1:])
    effects = ran.lines()[0]["plan"]["effects"]
    assert [said in one["what"] for one in effects if one["kind"] == "exposes"] == [True]
    assert ran.last()["error"]["code"] == "confirmation-required"


def test_an_original_has_no_proof(store: Store) -> None:
    ran = store("--json", "proof", RAW)
    assert ran.last()["error"]["code"] == "snapshot-unsanitized"


def flat(text: str) -> str:
    return " ".join(text.split())
