"""Every error names file, line and key, and never repeats a value."""

import pytest
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid

LONG = "#" * (5 * 1024 * 1024)

CASES = {
    "wrong type": ("targets:\n  a:\n    cpus: many", 3, "targets.a.cpus"),
    "out of range": ("targets:\n  a:\n    cpus: 0", 3, "targets.a.cpus"),
    "negative": ("limits: {lock_timeout: -1}", 1, "limits.lock_timeout"),
    "neither true nor false": ("targets: {a: {protected: perhaps}}", 1, "targets.a.protected"),
    "a list where a value stands": ("targets:\n  a:\n    name: [x]", 3, "targets.a.name"),
    "a value where a mapping stands": ("targets:\n  a: postgres://h/d", 2, "targets.a"),
    "a mapping where a list stands": ("protected: {a: b}", 1, "protected"),
    "a list where a mapping stands": ("targets: [a]", 1, "targets"),
    "empty target": ("targets:\n  a:\n", 2, "targets.a"),
    "target that says nothing": ("targets:\n  a: {}\n", 2, "targets.a"),
    "unusable name": ("targets:\n  a/b: {cpus: 1}", 2, "targets.a/b"),
    "not a URL": ("targets: {a: {snapshot: {src_url: nothing}}}", 1, "targets.a.snapshot.src_url"),
    "URL of another scheme": ("override: {dst_db_url: 'http://h/d'}", 1, "override.dst_db_url"),
    "URL without database": ("override: {dst_db_url: 'postgres://h'}", 1, "override.dst_db_url"),
    "URL with a bad port": ("override: {dst_db_url: 'postgres://h:x/d'}", 1, "override.dst_db_url"),
    "unknown profile": ("targets:\n  a:\n    storage_profile: s", 3, "targets.a.storage_profile"),
    "unknown provider": ("storage_profiles: {s: {provider: ftp}}", 1, "storage_profiles.s.provider"),
    "no provider": ("storage_profiles:\n  s: {bucket: b}", 2, "storage_profiles.s.provider"),
    "no bucket": ("storage_profiles:\n  s: {provider: s3}", 2, "storage_profiles.s"),
    "half of the keys": (
        "storage_profiles:\n  s: {provider: s3, bucket: b, access_key: k, region: r}",
        2,
        "storage_profiles.s",
    ),
    "keys without region": (
        "storage_profiles:\n  s: {provider: s3, bucket: b, access_key: k, secret_key: k}",
        2,
        "storage_profiles.s",
    ),
    "no endpoint": ("storage_profiles:\n  s: {provider: minio, bucket: b}", 2, "storage_profiles.s"),
    "overlap of schemas": (
        "targets:\n a:\n  snapshot:\n   schema_config:\n    include_schemas: [x]\n    exclude_schemas: [x]",
        6,
        "targets.a.snapshot.schema_config.exclude_schemas",
    ),
    "table without schema": (
        "targets: {a: {snapshot: {tables: {exclude: [users]}}}}",
        1,
        "targets.a.snapshot.tables.exclude",
    ),
    "public key of another kind": ("recipients: {a: {public_key: ssh-rsa}}", 1, "recipients.a.public_key"),
    "not an identity": ("keys:\n  identity: abc", 2, "keys.identity"),
    "programs of two places": (
        "database_tools: {postgresql: {psql: /a/psql, pg_dump: /b/pg_dump}}",
        1,
        "database_tools.postgresql",
    ),
    "subset without a source that can be used": (
        "targets:\n  a:\n    subset: {src_url: x}",
        3,
        "targets.a.subset.src_url",
    ),
    "duplicate key": ("targets:\n  a: {cpus: 1}\n  a: {cpus: 2}", 3, "targets.a"),
    "tab": ("targets:\n  a:\n\tcpus: 1", 3, "targets.a"),
    "unclosed quote": ("targets:\n  a:\n    name: 'x", 3, "targets.a.name"),
    "template without quotes": ("override:\n  san_query: {{`X` | env}}", 2, "override.san_query"),
    "unknown alias": ("override:\n  san_query: *hidden", 2, "override.san_query"),
    "two documents": ("protected: [a]\n---\nprotected: [b]", 2, "protected"),
    "list at the top": ("- a\n- b", 1, ""),
    "word at the top": ("hello", 1, ""),
    "control character": ("targets:\n  a: {name: 'x\x01'}", 2, ""),
    "alias to itself": ("targets: &a\n  b: *a", 1, "targets.b.b"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_value_is_refused_with_file_line_and_key(corner: Corner, case: str) -> None:
    text, line, key = CASES[case]
    refused = corner.refusal(text)
    assert type(refused) is ConfigInvalid
    assert (refused.details["file"], refused.details["line"], refused.details["key"]) == (
        str(corner.file),
        line,
        key,
    )
    assert f"{corner.file}:{line}" in refused.message
    assert f"`{key}`" in refused.message or not key
    assert refused.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("targets: {a: [1 : 2}", "expected `,` or `]`, but got `}`"),
        ("targets:\n  a: {cpus: 1\nprotected: [x]", "expected `,` or `}`, but got `:`"),
        ("targets:\n - a\n b: 1", "expected <block end>, but found `?`"),
        ("targets:\n  'canary' b: 1", "expected <block end>, but found `<scalar>`"),
    ],
)
def test_what_is_no_yaml_is_told_in_its_own_grammar_and_without_a_word_of_the_file(
    corner: Corner, text: str, said: str
) -> None:
    message = corner.refusal(text).message
    assert said in message
    assert "canary" not in message


@pytest.mark.parametrize(
    ("text", "closest"),
    [
        ("target: {}", "targets"),
        ("defaults: {cpu: 1}", "defaults.cpus"),
        ("targets: {a: {snapshot: {src_ulr: x}}}", "targets.a.snapshot.src_url"),
        ("targets: {a: {dst_url: x}}", "dst_url"),
        ("targets: {a: {src_url: x}}", "snapshot"),
        ("storage_profiles: {s: {provider: s3, buckets: b}}", "storage_profiles.s.bucket"),
    ],
)
def test_an_unknown_key_is_answered_with_the_one_that_was_meant(
    corner: Corner, text: str, closest: str
) -> None:
    refused = corner.refusal(text)
    assert type(refused) is ConfigInvalid
    assert closest in refused.hint


def test_all_problems_of_a_file_are_told_at_once_the_first_line_first(corner: Corner) -> None:
    refused = corner.refusal("targets:\n  a:\n    cpu: 1\n  b:\n    cpus: x\n")
    assert refused.details["line"] == 3
    problems = refused.details["problems"]
    assert isinstance(problems, list)
    assert len(problems) == 2


def test_a_file_in_another_encoding_is_refused_with_the_line(corner: Corner) -> None:
    refused = corner.refusal("targets:\n  a:\n    name: Müller\n".encode("windows-1252"))
    assert (type(refused), refused.details["line"]) == (ConfigInvalid, 3)


def test_a_huge_file_is_refused_without_reading_it(corner: Corner) -> None:
    assert type(corner.refusal(LONG)) is ConfigInvalid


def test_a_small_file_that_unfolds_into_a_huge_one_is_refused(corner: Corner) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    refused = corner.refusal("\n".join(["l0: &l0 [x]", *levels]))
    assert type(refused) is ConfigInvalid


def test_a_byte_order_mark_and_windows_line_ends_are_fine(corner: Corner) -> None:
    settings = corner.load(b"\xef\xbb\xbfprotected:\r\n  - a\r\n")
    assert settings.protected == ("a",)


def test_a_bad_value_of_a_variable_names_the_variable(corner: Corner) -> None:
    corner.set(SNAPHARBOR_DEFAULTS__CPUS="many")
    refused = corner.refusal("")
    assert type(refused) is ConfigInvalid
    assert refused.details["file"] == "SNAPHARBOR_DEFAULTS__CPUS"
