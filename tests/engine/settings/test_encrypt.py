"""Encrypted values: in place, bound to key and key path, everything else untouched."""

import re
import stat
from pathlib import Path

import pytest
from support.settings import Corner

from snapharbor.engine.keypair import new_identity
from snapharbor.engine.model.errors import ConfigInvalid, ConfigMissing, KeyMissing, SecretUnset
from snapharbor.engine.settings.encrypt import Encrypted, encrypt_configuration
from snapharbor.engine.settings.load import load_settings

TEXT = """\
# a comment above
keys: {identity: secret:file:identity.txt}   # ours

storage_profiles:
    team:   # odd indentation stays
        provider: minio
        secret_key: "quoted: secret"  # with a comment
        bucket: b
        access_key: plain-access
        endpoint: http://h
targets:
  shop: {snapshot: {src_url: 'postgres://me:pass%40word@db/shop', dst_url: postgres://me@here/copy}}
  open:
    snapshot:
      src_url: "postgres://me:{{`PW` | env}}@db/open"
      dst_url: postgres://db/x?password=in-options&sslmode=require
override:
  dst_db_url: |
    postgres://me:block@db/override
# a comment at the end
"""
SECRETS = ("quoted: secret", "plain-access", "pass%40word", "in-options", "block@")


def ready(corner: Corner, text: str = TEXT) -> Path:
    corner.set(PW="from the environment")
    corner.secret("identity.txt", new_identity().reveal())
    return corner.write(text.encode())


def test_plain_secrets_are_encrypted_where_they_stand_and_mean_the_same(corner: Corner) -> None:
    file = ready(corner)
    before = load_settings()
    done = encrypt_configuration()
    assert done.encrypted == (
        "storage_profiles.team.secret_key",
        "storage_profiles.team.access_key",
        "targets.shop.snapshot.src_url",
        "targets.open.snapshot.dst_url",
        "override.dst_db_url",
    )
    text = file.read_text()
    assert not [secret for secret in SECRETS if secret in text]
    masked = re.sub(r"enc:v1:[A-Za-z0-9_-]+", "SEALED", text)
    assert masked == (
        TEXT.replace('"quoted: secret"', "SEALED")
        .replace("plain-access", "SEALED")
        .replace("'postgres://me:pass%40word@db/shop'", "SEALED")
        .replace("postgres://db/x?password=in-options&sslmode=require", "SEALED")
        .replace("|\n    postgres://me:block@db/override", "SEALED")
    )
    after = load_settings()
    assert (after.targets, after.storage_profiles) == (before.targets, before.storage_profiles)
    assert after.override_destination == before.override_destination


def test_a_second_run_does_nothing_and_the_backup_is_the_file_as_it_was(corner: Corner) -> None:
    file = ready(corner)
    first = encrypt_configuration()
    assert first.backup is not None
    assert first.backup.read_text() == TEXT
    text = file.read_text()
    assert encrypt_configuration() == Encrypted(file, None, (), ())
    assert file.read_text() == text
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, first.backup)} == {0o600}
    assert len(list(corner.home.iterdir())) == 3


def test_a_link_to_the_file_stays_a_link(corner: Corner) -> None:
    file = ready(corner)
    real = file.rename(corner.home / "real.yml")
    file.symlink_to(real)
    encrypt_configuration()
    assert file.is_symlink()
    assert "enc:v1:" in real.read_text()


def test_windows_line_ends_survive(corner: Corner) -> None:
    file = ready(corner, TEXT.replace("\n", "\r\n"))
    encrypt_configuration()
    content = file.read_bytes()
    assert content.count(b"\n") - content.count(b"\r\n") <= 1
    assert load_settings().override_destination is not None


def sealed(corner: Corner) -> str:
    ready(corner)
    encrypt_configuration()
    return corner.file.read_text()


def test_a_value_that_was_moved_to_another_key_path_is_refused(corner: Corner) -> None:
    text = sealed(corner)
    refused = corner.refusal(text.replace("  shop: {", "  store: {").encode())
    assert type(refused) is ConfigInvalid
    assert refused.details["key"] == "targets.store.snapshot.src_url"


@pytest.mark.parametrize("change", ["flipped", "cut", "nothing left", "not base64"])
def test_a_value_that_was_changed_is_refused(corner: Corner, change: str) -> None:
    text = sealed(corner)
    value = re.findall(r"enc:v1:[A-Za-z0-9_-]+", text)[2]
    damaged = {
        "flipped": value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:],
        "cut": value[:-8],
        "nothing left": "enc:v1:",
        "not base64": value + "ü",
    }[change]
    refused = corner.refusal(text.replace(value, f'"{damaged}"').encode())
    assert type(refused) in (ConfigInvalid, KeyMissing)
    assert refused.details["key"] == "targets.shop.snapshot.src_url"


def test_a_value_opens_with_a_previous_identity_and_not_with_a_stranger(corner: Corner) -> None:
    text = sealed(corner)
    (corner.home / "identity.txt").rename(corner.home / "old.txt")
    corner.secret("identity.txt", new_identity().reveal())
    assert type(corner.refusal(text.encode())) is KeyMissing
    kept = "{identity: secret:file:identity.txt, previous: [secret:file:old.txt]}"
    settings = corner.load(text.replace("{identity: secret:file:identity.txt}", kept).encode())
    assert len(settings.identities) == 2


def test_without_an_identity_nothing_is_touched(corner: Corner) -> None:
    text = "override: {dst_db_url: postgres://a:b@c/d}\n"
    corner.write(text)
    with pytest.raises(KeyMissing):
        encrypt_configuration()
    assert corner.file.read_text() == text
    with pytest.raises(ConfigMissing):
        encrypt_configuration(corner.home / "nowhere.yml")


def test_other_targets_need_not_be_resolvable(corner: Corner) -> None:
    ready(corner)
    corner.patch.delenv("PW")
    assert encrypt_configuration().encrypted
    with pytest.raises(SecretUnset):
        load_settings()


def test_an_identity_in_the_file_itself_is_left_and_named(corner: Corner) -> None:
    identity = new_identity().reveal()
    corner.write(f"keys: {{identity: {identity}}}\noverride: {{dst_db_url: postgres://a:b@c/d}}\n")
    done = encrypt_configuration()
    assert (done.encrypted, done.left) == (("override.dst_db_url",), ("keys.identity",))


@pytest.mark.parametrize(
    "text",
    [
        "override: {dst_db_url: &a postgres://a:b@c/d}\ndefaults: {shared_target_dst_db_url: *a}\n",
        "targets:\n  a: &a {snapshot: {dst_url: postgres://a:b@c/d}}\n  b: *a\n",
        "override: {dst_db_url: &a postgres://a:b@c/d}\nprotected: [*a]\n",
    ],
)
def test_a_secret_that_stands_at_two_places_by_an_alias_is_refused_untouched(
    corner: Corner, text: str
) -> None:
    ready(corner, f"keys: {{identity: secret:file:identity.txt}}\n{text}")
    before = corner.file.read_text()
    with pytest.raises(ConfigInvalid):
        encrypt_configuration()
    assert corner.file.read_text() == before
    assert len(list(corner.home.iterdir())) == 2
