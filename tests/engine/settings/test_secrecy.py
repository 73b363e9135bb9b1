"""Nothing that is secret is ever shown, wherever it stands and whatever is wrong around it."""

import logging
import secrets
import traceback

import pytest
from support.settings import Corner

from snapharbor.engine.keypair import new_identity, new_signing_key
from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.settings.encrypt import encrypt_configuration
from snapharbor.engine.settings.load import load_settings, read_document

CANARY = f"canary{secrets.token_hex(8)}"

EVERYWHERE = """
    keys: {{identity: {identity}, previous: [secret:file:old.txt], signing: "{signing}"}}
    storage_profiles:
      plain: {{provider: minio, bucket: b, endpoint: "http://h", access_key: {canary}, secret_key: {canary},
               session_token: {canary}}}
      file: {{provider: minio, bucket: secret:env:BUCKET, endpoint: "http://h", access_key: x,
              secret_key: secret:file:canary.txt}}
      environment: {{provider: s3, bucket: b, region: r}}
    override: {{san_query: "UPDATE a SET b = '{canary}'", dst_db_url: "postgres://u:{canary}@h/d"}}
    defaults: {{shared_target_dst_db_url: "postgres://h/d?password={canary}&sslpassword={canary}"}}
    targets:
      a:
        snapshot: {{src_url: "postgres://u:{{{{`CANARY` | env}}}}@h/d", dst_url: "secret:env:CANARY_URL"}}
        sanitize: {{override_query: "UPDATE a SET b = '{canary}'", dst_url: "postgres://u:${{CANARY}}@h/w"}}
"""

BROKEN = (
    "defaults: {{cpus: {canary}}}",
    "targets: {{a: {{protected: {canary}}}}}",
    "targets: {{a: {canary}}}",
    "storage_profiles: {{s: {{provider: {canary}}}}}",
    "storage_profiles: {{s: {{provider: s3, bucket: b, region: r, secret_key: {canary}}}}}",
    "storage_profiles: {{s: {{provider: s3, bucket: b, access_key: [{canary}], secret_key: x}}}}",
    "override: {{dst_db_url: {canary}}}",
    "override: {{dst_db_url: '{canary}:x'}}",
    "override: {{dst_db_url: 'postgres://u:{canary}/x@h/d'}}",
    "override: {{dst_db_url: 'postgres://u:1/{canary}@h/d'}}",
    "override: {{dst_db_url: 'postgres://u:{canary}@h:port/d'}}",
    "override: {{dst_db_url: 'postgres://u:{canary}@h'}}",
    "override: {{dst_db_url: 'postgres://h/d?port={canary}'}}",
    "override: {{dst_db_url: 'postgres://u:1#{canary}@h/d'}}",
    "override: {{dst_db_url: '{{{{{canary}}}}}'}}",
    "override: {{dst_db_url: 'secret:{canary}'}}",
    "override: {{dst_db_url: enc:v1:{canary}}}",
    "override: {{dst_db_url: *{canary}}}",
    "override: {{dst_db_url: %{canary}}}",
    "override: {{dst_db_url: @{canary}}}",
    "override: {{dst_db_url: '{canary}",
    "override: {{dst_db_url: [{canary}",
    "override:\n  dst_db_url: 'x' {canary}",
    "override:\n  dst_db_url: {canary}: {canary}",
    "override:\n\tdst_db_url: {canary}",
    "{canary}",
    "- {canary}",
    "keys: {{identity: {canary}}}",
    "keys: {{identity: enc:v1:{canary}}}",
    "recipients: {{a: {{public_key: {canary}}}}}",
)


def write_everywhere(corner: Corner) -> tuple[str, ...]:
    """Put a secret into every place that takes one, and return all of them."""
    identity, old = new_identity().reveal(), new_identity().reveal()
    signing = new_signing_key().reveal()
    corner.set(CANARY=CANARY, CANARY_URL=f"postgres://u:{CANARY}@h/d", AWS_SECRET_KEY=CANARY)
    corner.set(AWS_ACCESS_KEY=CANARY, AWS_SESSION_TOKEN=CANARY)
    corner.set(SNAPHARBOR_TARGETS__B__SNAPSHOT__SRC_URL=f"postgres://u:{CANARY}@h/d", SNAPHARBOR_TYPO=CANARY)
    corner.set(BUCKET="b")
    corner.secret("canary.txt", CANARY)
    corner.secret("old.txt", old)
    escaped = signing.replace("\n", "\\n")
    corner.write(EVERYWHERE.format(identity=identity, signing=escaped, canary=CANARY))
    return CANARY, identity, old, signing.splitlines()[1]


def test_settings_their_warnings_and_what_show_prints_hold_no_secret(
    corner: Corner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    hidden = write_everywhere(corner)
    settings = load_settings()
    tree = read_document(settings.file).tree
    source = settings.target("b").source
    assert source is not None
    assert source.password is not None
    assert source.password.reveal() == CANARY
    shown = "\n".join((repr(settings), str(settings), repr(settings.effective), repr(tree), caplog.text))
    assert not [secret for secret in hidden if secret in shown]
    values = {one.key: one.value for one in settings.effective}
    assert values["targets.a.snapshot.dst_url"] == "postgres://u:********@h:5432/d"
    assert values["storage_profiles.environment.secret_key"] == "********"
    assert values["storage_profiles.file.bucket"] == "********"
    assert values["override.san_query"].startswith("SQL, ")


def test_encrypting_tells_keys_and_leaves_no_plain_secret_but_the_identity(corner: Corner) -> None:
    canary, identity, *_ = write_everywhere(corner)
    before = load_settings()
    done = encrypt_configuration()
    assert canary not in repr(done)
    assert done.left == ("keys.identity",)
    text = corner.file.read_text()
    assert text.count(canary) == 2  # the SQL, which is shown to nobody and is no credential
    assert identity in text
    after = load_settings()
    assert (after.targets, after.signing_key) == (before.targets, before.signing_key)


@pytest.mark.parametrize("text", BROKEN)
def test_an_error_holds_no_secret(corner: Corner, text: str) -> None:
    corner.write(text.format(canary=CANARY))
    try:
        load_settings()
    except EngineError as error:
        told = "".join((traceback.format_exc(), error.message, error.hint, repr(error.details)))
        assert CANARY not in told
    else:
        pytest.fail("it was accepted")


def test_a_bad_value_in_a_variable_is_not_repeated(corner: Corner) -> None:
    corner.set(SNAPHARBOR_OVERRIDE__DST_DB_URL=f"postgres://u:{CANARY}@h", SNAPHARBOR_DEFAULTS__CPUS="1")
    refused = corner.refusal("")
    assert CANARY not in repr((refused.message, refused.hint, refused.details))
