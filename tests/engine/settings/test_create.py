"""The first configuration."""

import stat

import pytest
from support.settings import Corner

from snapharbor.engine.keypair import recipient_of, verifying_key
from snapharbor.engine.model.errors import ConfigInvalid
from snapharbor.engine.settings.create import create_configuration
from snapharbor.engine.settings.encrypt import encrypt_configuration
from snapharbor.engine.settings.load import load_settings


def test_what_is_created_loads_without_a_warning_and_belongs_to_its_owner_alone(corner: Corner) -> None:
    made = create_configuration()
    settings = load_settings()
    assert made.file == settings.file == corner.home / ".config/snapharbor/snapharbor.yml"
    assert made.working_directory == settings.working_directory == corner.home / ".snapharbor"
    assert [made.public_key] == [recipient_of(one) for one in settings.identities]
    assert made.verifying_key == verifying_key(settings.signing_key)
    assert settings.warnings == ()
    found = [path for path in corner.home.rglob("*") if "snapharbor" in str(path.relative_to(corner.home))]
    assert len(found) == 8
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in found}
    assert modes == {path: 0o700 if path.is_dir() else 0o600 for path in found}
    assert encrypt_configuration().encrypted == encrypt_configuration().left == ()


def test_the_file_is_made_where_the_argument_or_the_variable_says(corner: Corner) -> None:
    corner.set(SNAPHARBOR_CONFIG=str(corner.home / "by/variable.yml"))
    assert create_configuration().file == corner.home / "by/variable.yml"
    assert create_configuration(corner.home / "argument.yml").file == corner.home / "argument.yml"


def test_nothing_is_ever_overwritten(corner: Corner) -> None:
    made = create_configuration(corner.file)
    corner.write("protected: [mine]\n")
    with pytest.raises(ConfigInvalid):
        create_configuration(corner.file)
    assert corner.file.read_text() == "protected: [mine]\n"
    corner.file.unlink()
    corner.file.symlink_to(corner.home / "nowhere")
    with pytest.raises(ConfigInvalid):
        create_configuration(corner.file)
    corner.file.unlink()
    assert create_configuration(corner.file).public_key == made.public_key


def test_a_place_that_cannot_be_written_is_refused(corner: Corner) -> None:
    corner.secret("file", "x")
    with pytest.raises(ConfigInvalid):
        create_configuration(corner.home / "file" / "snapharbor.yml")


def test_a_key_file_that_is_damaged_is_refused(corner: Corner) -> None:
    (corner.home / "keys").mkdir(mode=0o700)
    corner.secret("keys/identity.txt", "AGE-SECRET-KEY-1" + "Q" * 58)
    with pytest.raises(ConfigInvalid):
        create_configuration(corner.file)
    assert not corner.file.exists()
