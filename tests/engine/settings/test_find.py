"""Which file counts, and what counts more than it."""

from pathlib import Path

import pytest
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid, ConfigMissing
from snapharbor.engine.settings.load import load_settings

USER_FILE = Path(".config/snapharbor/snapharbor.yml")


def put(path: Path, bucket: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"storage_profiles: {{s: {{provider: s3, bucket: {bucket}}}}}")
    return path


def test_the_first_of_argument_variable_directory_and_home_counts(corner: Corner) -> None:
    def bucket(config: Path | None = None) -> str:
        return load_settings(config).profile("s").bucket

    argument = put(corner.home / "argument.yml", "argument")
    variable = put(corner.home / "variable.yml", "variable")
    put(corner.home / USER_FILE, "home")
    assert bucket() == "home"
    put(corner.file, "here")
    assert bucket() == "here"
    corner.set(SNAPHARBOR_CONFIG=str(variable))
    assert bucket() == "variable"
    assert bucket(argument) == "argument"


@pytest.mark.parametrize("by", ["argument", "variable"])
def test_a_file_that_is_named_and_not_there_is_an_error_even_if_another_one_is(
    corner: Corner, by: str
) -> None:
    put(corner.file, "here")
    nowhere = corner.home / "nowhere.yml"
    if by == "variable":
        corner.set(SNAPHARBOR_CONFIG=str(nowhere))
    with pytest.raises(ConfigMissing) as caught:
        load_settings(nowhere if by == "argument" else None)
    assert caught.value.details["file"] == str(nowhere)


def test_without_a_file_the_environment_alone_is_enough(corner: Corner) -> None:
    with pytest.raises(ConfigMissing):
        load_settings()
    corner.set(SNAPHARBOR_TARGETS__SHOP__SNAPSHOT__SRC_URL="postgres://db/shop")
    settings = load_settings()
    assert settings.file is None
    assert str(settings.target("shop").source) == "postgres://db:5432/shop"


def test_a_variable_counts_more_than_the_file_and_the_file_more_than_the_default(corner: Corner) -> None:
    text = "limits: {lock_timeout: 20, connect_timeout: 30}\ntargets: {a: {snapshot: {src_url: pg://h/d}}}"
    corner.set(SNAPHARBOR_LIMITS__LOCK_TIMEOUT="5")
    settings = corner.load(text)
    limits = settings.target("a").limits
    assert (limits.lock_timeout, limits.connect_timeout, limits.statement_timeout) == (5, 30, 0)
    origins = {one.key: one.origin for one in settings.effective}
    assert origins["limits.lock_timeout"] == "SNAPHARBOR_LIMITS__LOCK_TIMEOUT"
    assert origins["limits.connect_timeout"] == f"{corner.file}:1"
    assert origins["limits.statement_timeout"] == "default"


@pytest.mark.parametrize("key", ["my-shop", "my_shop", "My.Shop", "my__shop"])
def test_a_variable_finds_the_target_of_the_file_however_it_is_spelled(corner: Corner, key: str) -> None:
    word = key.upper().replace("-", "_").replace(".", "_")
    corner.set(**{f"SNAPHARBOR_TARGETS__{word}__SNAPSHOT__DST_URL": "postgres://here/copy"})
    settings = corner.load(f"targets: {{{key}: {{snapshot: {{src_url: postgres://db/shop}}}}}}")
    assert list(settings.targets) == [key]
    assert str(settings.target(key).destination) == "postgres://here:5432/copy"


def test_a_variable_that_can_mean_two_targets_is_refused(corner: Corner) -> None:
    corner.set(SNAPHARBOR_TARGETS__A_B__CPUS="1")
    refused = corner.refusal("targets: {a-b: {cpus: 1}, a_b: {cpus: 1}}")
    assert isinstance(refused, ConfigInvalid)
    assert refused.details["variable"] == "SNAPHARBOR_TARGETS__A_B__CPUS"


def test_a_list_in_a_variable_is_separated_by_commas(corner: Corner) -> None:
    corner.set(SNAPHARBOR_PROTECTED="*prod*, live")
    assert corner.load("").protected == ("*prod*", "live")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("SNAPHARBOR_SECRET", "SNAPHARBOR_KEYS__IDENTITY"),
        ("SNAPHARBOR_DEFAULT__CPUS", "SNAPHARBOR_DEFAULTS__CPUS"),
        ("SNAPHARBOR_TARGETS__SHOP__SNAPSHOT__SRC_ULR", "SNAPHARBOR_TARGETS__SHOP__SNAPSHOT__SRC_URL"),
        ("SNAPHARBOR_STORAGE_PROFILES__S3__BUKET", "SNAPHARBOR_STORAGE_PROFILES__S3__BUCKET"),
    ],
)
def test_a_variable_that_sets_nothing_is_reported_with_the_closest_one(
    corner: Corner, variable: str, meant: str
) -> None:
    corner.set(**{variable: "x"})
    (warning,) = corner.load("").warnings
    assert f"`{variable}`" in warning
    assert f"`{meant}`" in warning
