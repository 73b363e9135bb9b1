import pytest
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid

ONE, TWO = "a" * 64, "0123456789abcdef" * 4


@pytest.mark.parametrize("written", [f"[{ONE}, '{TWO}']", f"{ONE},{TWO}"])
def test_the_public_keys_of_others_arrive(written: str, corner: Corner) -> None:
    assert corner.load(f"keys:\n  trusted: {written}\n").trusted_keys == (ONE, TWO)


def test_nobody_else_is_trusted_by_default(corner: Corner) -> None:
    assert corner.load("targets: {}\n").trusted_keys == ()


@pytest.mark.parametrize("bad", ["A" * 64, "a" * 63, "a" * 65, "age1" + "q" * 58])
def test_what_is_no_public_signing_key_is_refused(bad: str, corner: Corner) -> None:
    assert isinstance(corner.refusal(f"keys:\n  trusted: [{bad}]\n"), ConfigInvalid)
