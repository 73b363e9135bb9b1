"""A mask that cannot do what is asked of it says so before anything is read, and says what to do."""

import pytest
from support.masks import KEY, accepting, keeping_unique

from snapharbor.engine.masks.catalog import MASKS
from snapharbor.engine.masks.expression import expression
from snapharbor.engine.model.errors import ArgumentInvalid
from snapharbor.engine.model.secret import Secret
from snapharbor.engine.model.url import Engine


def refusal(
    mask: str, type: str, *, unique: bool = False, engine: Engine = "postgres", key: Secret = KEY
) -> tuple[str, str]:
    """Return the message and the hint with which a mask is refused."""
    with pytest.raises(ArgumentInvalid) as caught:
        expression(mask, "c", engine=engine, key=key, type=type, unique=unique)
    return caught.value.message, caught.value.hint


def test_an_unknown_mask_is_told_the_closest_one() -> None:
    assert refusal("e_mail", "text") == ("no mask `e-mail`", "Did you mean `email`?")
    assert refusal("credit-card", "text")[1] == "Did you mean `card`?"
    assert refusal("fullname", "text")[1] == "Did you mean `full-name`?"


def test_an_unknown_mask_that_is_close_to_none_is_told_all() -> None:
    assert refusal("qqqq", "text") == ("no mask `qqqq`", f"There is: {', '.join(MASKS)}.")


def test_a_mask_for_another_type_names_the_types_it_is_for() -> None:
    assert refusal("email", "integer") == (
        "the mask `email` is not for the type `integer`",
        "It is for: text. Use null, constant or keep for any other type.",
    )
    assert refusal("noise", "text[]")[0] == "the mask `noise` is not for the type `text[]`"
    assert refusal("key", "numeric(10)")[0] == "the mask `key` is not for the type `numeric(10)`"


def test_only_masks_for_everything_are_for_a_type_that_is_not_known() -> None:
    for mask in MASKS:
        if mask not in ("null", "constant", "keep"):
            assert refusal(mask, "my.own_type")[0] == f"the mask `{mask}` is not for the type `my.own_type`"


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_mask_that_cannot_keep_values_distinct_is_not_for_unique_columns(engine: Engine) -> None:
    able = {*keeping_unique("text"), "keep"}
    for mask in accepting("text"):
        if mask not in able:
            assert refusal(mask, "varchar(60)", unique=True, engine=engine) == (
                f"the mask `{mask.split('(')[0]}` does not keep distinct values distinct",
                "Use a mask that does, such as hash, or key for whole numbers.",
            )


def test_a_test_range_of_cards_is_not_for_unique_columns() -> None:
    assert refusal("card(424242)", "text", unique=True)[1] == (
        "Write card(424242), or card without an option for unique columns."
    )


@pytest.mark.parametrize(
    ("mask", "least"),
    [
        ("email", 24),
        ("username", 13),
        ("full-name", 14),
        ("address", 14),
        ("phone", 15),
        ("national-id", 11),
        ("uuid", 36),
        ("ip", 39),
        ("mac", 17),
        ("url", 32),
        ("token", 12),
        ("hash", 12),
    ],
)
def test_a_unique_column_that_is_too_short_is_told_what_is_needed(mask: str, least: int) -> None:
    narrow = f"character varying({least - 1})"
    assert refusal(mask, narrow, unique=True) == (
        f"the mask `{mask}` needs {least} characters to keep values distinct, `{narrow}` has {least - 1}",
        "Choose a shorter mask, such as hash or null.",
    )
    assert expression(mask, "c", engine="postgres", key=KEY, type=f"varchar({least})", unique=True)


@pytest.mark.parametrize(
    ("mask", "least"),
    [
        ("email", 24),
        ("postcode", 5),
        ("phone", 8),
        ("card(424242)", 16),
        ("uuid", 36),
        ("ip", 15),
        ("mac", 17),
        ("url", 21),
        ("constant(abc)", 3),
    ],
)
def test_a_column_that_is_too_short_is_told_what_is_needed(mask: str, least: int) -> None:
    assert refusal(mask, f"char({least - 1})", engine="mysql")[0] == (
        f"the mask `{mask.split('(')[0]}` needs {least} characters, `char({least - 1})` has {least - 1}"
    )
    assert expression(mask, "c", engine="mysql", key=KEY, type=f"char({least})", unique=False)


@pytest.mark.parametrize(
    ("mask", "type", "message"),
    [
        ("email(5)", "text", "the mask `email` has no options"),
        ("noise(0)", "integer", "`0` is no option of the mask `noise`"),
        ("noise(100)", "integer", "`100` is no option of the mask `noise`"),
        ("noise(ten)", "integer", "`ten` is no option of the mask `noise`"),
        ("noise(٣)", "integer", "`٣` is no option of the mask `noise`"),
        ("noise(5, 6)", "integer", "the mask `noise` has fewer options"),
        ("date-shift(id, 1)", "date", "`1` is no option of the mask `date-shift`"),
        ("date-shift(id, 3651)", "date", "`3651` is no option of the mask `date-shift`"),
        ("date-shift(id, 30, 1)", "date", "the mask `date-shift` has fewer options"),
        ("card(4242424242)", "text", "the option of the mask `card` is a test range of 4 to 8 digits"),
        ("card(visa)", "text", "the option of the mask `card` is a test range of 4 to 8 digits"),
        ("ip(4)", "inet", "the option of the mask `ip` is 6"),
        ("ip(6)", "inet4", "the type `inet4` has no room for addresses of version 6"),
        ("constant", "text", "the mask `constant` has one option, its value"),
        ("constant(1, 2)", "text", "the mask `constant` has fewer options"),
        ("json", "jsonb", "the options of the mask `json` are pairs of a path and a mask"),
        ("json('$.a')", "jsonb", "the options of the mask `json` are pairs of a path and a mask"),
        ("json('a b', email)", "jsonb", "`a b` is not a path into JSON"),
        ("json('$.a', emial)", "jsonb", "no mask `emial`"),
        ("json('$.a', key)", "jsonb", "the mask `key` is not for the type `text`"),
        ("json-strings(email, hash)", "jsonb", "the mask `json-strings` has fewer options"),
    ],
)
def test_an_option_that_is_none_is_refused(mask: str, type: str, message: str) -> None:
    assert refusal(mask, type)[0].startswith(message)


def test_a_path_that_mariadb_cannot_follow_is_refused_there_only() -> None:
    mask = "json('$.\"-x\"', hash)"
    assert refusal(mask, "json", engine="mysql")[0] == "no path leads to a member of that name in this engine"
    assert expression(mask, "c", engine="postgres", key=KEY, type="json", unique=False)


def test_an_array_is_no_type_of_mysql() -> None:
    assert refusal("email", "text[]", engine="mysql")[0] == "`text[]` is no type of this engine"


def test_a_short_key_is_refused_without_being_shown() -> None:
    message, hint = refusal("email", "text", key=Secret("fifteen letters"))
    assert (message, hint) == (
        "the masking key is shorter than 16 characters",
        "Generate a long random one.",
    )
    assert expression("email", "c", engine="mysql", key=Secret("sixteen letters!"), type="text", unique=False)
