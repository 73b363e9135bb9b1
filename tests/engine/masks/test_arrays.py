"""An array is masked element by element, each to what it would become alone."""

import pytest
from support.mask_values import FITTING
from support.masks import KEY, Everywhere, accepting, keeping_unique, on_postgres

from snapharbor.engine.masks.expression import expression

pytestmark = pytest.mark.server

WHOLE = ("null", "keep", "constant(7)")
NUMBERS = [1, None, -5, 2**31 - 1]


@pytest.mark.parametrize("type", ["text", "character varying(50)"])
@pytest.mark.parametrize("unique", [False, True], ids=["plain", "unique"])
def test_an_element_becomes_what_it_becomes_alone(everywhere: Everywhere, type: str, unique: bool) -> None:
    masks = keeping_unique("text") if unique else accepting("text")
    for mask in masks:
        if mask not in WHOLE:
            for connection in (everywhere.oldest, everywhere.newest):
                alone = on_postgres(connection, mask, type, of=FITTING, unique=unique)
                text = expression(mask, "value", engine="postgres", key=KEY, type=f"{type}[]", unique=unique)
                rows = connection.execute(
                    f"SELECT {text} FROM (SELECT %s::{type}[] AS value) AS raw".encode(), (FITTING,)
                )
                assert rows.fetchall() == [(alone,)], mask


@pytest.mark.parametrize(
    ("mask", "type", "elements"),
    [
        ("key", "bigint", NUMBERS),
        ("key", "integer", NUMBERS),
        ("noise", "integer", NUMBERS),
        ("noise", "numeric(12,2)", NUMBERS),
        ("noise", "double precision", NUMBERS),
        ("birth-date", "date", ["2000-02-29", None]),
        ("date-shift", "timestamp with time zone", ["2000-02-29 23:00+00", None]),
        ("uuid", "uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", None]),
        ("ip", "inet", ["10.0.0.1", "::1", None]),
        ("mac", "macaddr", ["08:00:2b:01:02:03", None]),
        ("location", "real", [51.47789, None]),
    ],
)
def test_an_element_of_any_type_becomes_what_it_becomes_alone(
    everywhere: Everywhere, mask: str, type: str, elements: list[object]
) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        alone = on_postgres(connection, mask, type, of=elements)
        arrays = on_postgres(connection, mask, f"{type}[]", of=[elements, [], None])
        rebuilt = connection.execute(f"SELECT (%s::{type}[])::text".encode(), (alone,)).fetchall()
        assert arrays == [rebuilt[0][0], "{}", None]


def test_a_mask_that_says_nothing_of_the_value_takes_an_array_s_place(everywhere: Everywhere) -> None:
    arrays = [["a", None], [], None]
    for connection in (everywhere.oldest, everywhere.newest):
        assert on_postgres(connection, "null", "text[]", of=arrays) == [None, None, None]
        assert on_postgres(connection, "keep", "text[]", of=arrays) == ["{a,NULL}", "{}", None]
        assert on_postgres(connection, "constant('{x,y}')", "text[]", of=arrays) == ["{x,y}", "{x,y}", None]


def test_more_than_one_dimension_becomes_one(everywhere: Everywhere) -> None:
    for connection in (everywhere.oldest, everywhere.newest):
        flat = on_postgres(connection, "hash", "text[]", of=[["a", "b", "c", "d"]])
        assert on_postgres(connection, "hash", "text[]", of=[[["a", "b"], ["c", "d"]]]) == flat


def test_a_subject_is_the_row_s_inside_of_an_array_too(everywhere: Everywhere) -> None:
    days = ["2000-01-01", "2010-01-01", "2020-01-01"]
    for connection in (everywhere.oldest, everywhere.newest):
        alone = on_postgres(connection, "date-shift(7, 300)", "date", of=days)
        text = expression(
            "date-shift(n, 300)", "value", engine="postgres", key=KEY, type="date[]", unique=False
        )
        rows = connection.execute(
            f"SELECT ({text})::text FROM (SELECT 7 AS n, %s::date[] AS value) AS raw".encode(), (days,)
        )
        assert rows.fetchall() == [(f"{{{','.join(map(str, alone))}}}",)]
