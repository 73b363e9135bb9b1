"""Masks, types and paths are read as they are written, and what is not one is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapharbor.engine.masks.dialect import Step
from snapharbor.engine.masks.path import parse_path
from snapharbor.engine.masks.spec import Spec, parse_spec, plain
from snapharbor.engine.masks.types import ColumnType, parse_type
from snapharbor.engine.model.errors import ArgumentInvalid


@pytest.mark.parametrize(
    ("written", "spec"),
    [
        ("email", Spec("email")),
        (" Date_Shift ( user_id , 30 ) ", Spec("date-shift", ("user_id", "30"))),
        ("noise()", Spec("noise")),
        ("date-shift(coalesce(a, b), 7)", Spec("date-shift", ("coalesce(a, b)", "7"))),
        ("date-shift(\"a,b\" || ')', 7)", Spec("date-shift", ("\"a,b\" || ')'", "7"))),
        ("json('$.a', json('$.b', email))", Spec("json", ("'$.a'", "json('$.b', email)"))),
    ],
)
def test_a_mask_is_taken_apart_at_its_outermost_commas(written: str, spec: Spec) -> None:
    assert parse_spec(written) == spec


@pytest.mark.parametrize(
    "written", ["", "1st", "a b", "email(", "email)", "email('x)", "email((x)", "email(x))", "email(])", "é"]
)
def test_what_is_no_mask_is_refused(written: str) -> None:
    with pytest.raises(ArgumentInvalid):
        parse_spec(written)


@given(st.lists(st.text(), max_size=4))
def test_a_quoted_option_means_what_was_quoted(options: list[str]) -> None:
    written = ", ".join("'" + option.replace("'", "''") + "'" for option in options)
    assert [plain(option) for option in parse_spec(f"constant({written})").options] == options


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("$", ()),
        ("$.a.b-c._1", ("a", "b-c", "_1")),
        ("a.b", None),
        ('$."a b"[0]."c\\"d"', ("a b", 0, 'c"d')),
        ("$[*].x[].y[12]", (None, "x", None, "y", 12)),
        ("$.größe", ("größe",)),
        ("$.", None),
        ("$.a b", None),
        ("$[x]", None),
        ("$.a[-1]", None),
        ('$."a', None),
    ],
)
def test_a_path_is_taken_apart_or_refused(written: str, steps: tuple[Step, ...] | None) -> None:
    if steps is None:
        with pytest.raises(ArgumentInvalid):
            parse_path(written)
    else:
        assert parse_path(written) == steps


@pytest.mark.parametrize(
    "type",
    [
        ColumnType("character varying(40)", "character varying", "text", length=40),
        ColumnType("character(3)[]", "character", "text", length=3, array=True),
        ColumnType("character", "character", "text", length=1),
        ColumnType("Public.CITEXT", "citext", "text"),
        ColumnType("name", "name", "text", length=63),
        ColumnType("tinytext", "tinytext", "text", length=255),
        ColumnType("numeric", "numeric", "number"),
        ColumnType("numeric(10,2)", "numeric", "number", precision=10, scale=2),
        ColumnType("numeric(3,-2)", "numeric", "number", precision=3, scale=-2),
        ColumnType("decimal(5) unsigned", "decimal", "number", precision=5, scale=0, unsigned=True),
        ColumnType("float(7,3)", "float", "number", precision=7, scale=3),
        ColumnType("double", "double", "number"),
        ColumnType("int(10) unsigned zerofill", "int", "integer", bits=32, unsigned=True),
        ColumnType("mediumint(9)", "mediumint", "integer", bits=23),
        ColumnType("bigint", "bigint", "integer", bits=63),
        ColumnType("timestamp(3) with time zone[]", "timestamp with time zone", "moment", array=True),
        ColumnType("integer[][]", "integer", "integer", bits=31, array=True),
        ColumnType("enum('a','b')", "enum('a','b')", "other"),
        ColumnType("my.type", "my.type", "other"),
    ],
    ids=lambda type: type.spelled,
)
def test_a_type_is_taken_apart(type: ColumnType) -> None:
    assert parse_type(type.spelled) == type


@pytest.mark.parametrize(
    ("spelled", "largest", "unit"),
    [
        ("numeric(5,2)", "999.99", "0.01"),
        ("numeric(5)", "99999", "1"),
        ("numeric(3,3)", "0.999", "0.001"),
        ("numeric(2,5)", "0.00099", "0.00001"),
        ("numeric(3,-2)", "99900", "100"),
        ("numeric", "", ""),
        ("smallint", "32767", "1"),
        ("bigint unsigned", "18446744073709551615", "1"),
        ("double precision", "", ""),
    ],
)
def test_a_type_knows_its_largest_number_and_its_last_digit(spelled: str, largest: str, unit: str) -> None:
    type = parse_type(spelled)
    assert (type.largest, type.unit) == (largest, unit)
