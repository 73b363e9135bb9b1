"""What rules meet in a database, while reading and in a copy: a test for each fear, by its number."""

import pytest
from support.compare import ROWS

from .conftest import World

pytestmark = pytest.mark.server


def test_hazard_01_a_trigger_that_keeps_old_rows_fires_nowhere(world: World) -> None:
    assert world.here("SELECT tgname FROM pg_trigger WHERE tgname = 'kept'") == [("kept",)]
    assert world.here("SELECT old FROM audit") == []
    assert world.here("SELECT count(*) FROM people WHERE mail LIKE '%@example.com'") == [(60,)]


def test_hazard_02_a_trigger_that_copies_a_value_into_another_column_copies_none(world: World) -> None:
    assert world.here("SELECT DISTINCT shadow FROM people") == [("nothing",)]


def test_hazard_03_a_trigger_that_dates_changes_leaves_the_dates_alone(world: World) -> None:
    assert world.here("SELECT DISTINCT changed = '2020-01-01 00:00+00' FROM people") == [(True,)]


def test_hazard_14_a_key_that_rows_refer_to_is_masked_on_both_sides(world: World) -> None:
    assert world.here("SELECT count(*), count(DISTINCT login) FROM logins") == [(20, 20)]
    assert world.here("SELECT count(*) FROM visits JOIN logins USING (login)") == [(60,)]
    assert world.here("SELECT login FROM logins WHERE login LIKE 'ann%'") == []


def test_hazard_15_unique_values_stay_unique(world: World) -> None:
    assert world.here("SELECT count(DISTINCT mail), count(*) FROM people") == [(60, 60)]


def test_hazard_19_null_stays_null_and_empty_stays_empty(world: World) -> None:
    assert world.here("SELECT id, name, amount FROM blanks WHERE id < 3 ORDER BY id") == [
        (1, None, None),
        (2, "", 0),
    ]
    assert world.here("SELECT name = 'Ann Meyer', amount > 0 FROM blanks WHERE id = 3") == [(False, True)]


def test_hazard_22_partitions_and_heirs_are_reached_and_every_row_once(world: World) -> None:
    leaves = (
        "SELECT tableoid::regclass::text, count(*), count(*) FILTER (WHERE {}) FROM {} GROUP BY 1 ORDER BY 1"
    )
    assert world.here(leaves.format("who = 'somebody ' || id", "public.events")) == [
        ("events_eu_1", 20, 20),
        ("events_us", 20, 20),
    ]
    assert world.here(leaves.format("body = 'note ' || id", "public.notes")) == [
        ("notes", 10, 10),
        ("old_notes", 10, 10),
    ]


def test_hazard_23_rows_of_a_key_of_several_columns_keep_their_own_values(world: World) -> None:
    own = "SELECT count(*) FROM {} WHERE {} <> 'passenger ' || flight || '/' || seat"
    assert world.here(own.format("seats", "passenger")) == [(0,)]
    assert world.here(own.format("bags", "tag")) == [(0,)]


def test_hazard_24_generated_and_dropped_columns_move_no_value_to_another(world: World) -> None:
    assert world.here("SELECT a, b, c, d FROM shifted ORDER BY a LIMIT 2") == [
        ("a1", "A1", "c1", "masked"),
        ("a2", "A2", "c2", "masked"),
    ]
    assert world.here("SELECT DISTINCT label = '<' || mail || '>' FROM people") == [(True,)]
    assert world.here("SELECT DISTINCT region FROM public.events_us") == [("us",)]


def test_hazard_25_equal_values_stay_equal_across_tables_and_ways(world: World) -> None:
    assert world.here("SELECT count(*) FROM people JOIN newsletter USING (mail)") == [(60,)]
    (first,) = world.here("SELECT mail FROM people WHERE id = 1")
    assert first == ("eldvim.f8d537b6bb901fc37ef3@example.com",)


def test_hazard_27_rows_with_periods_of_their_own_are_masked_in_every_one(world: World) -> None:
    assert world.here("SELECT count(*), count(DISTINCT valid) FROM prices WHERE who = 'masked'") == [(5, 5)]
    assert world.here("SELECT count(*) FROM pg_constraint WHERE conperiod") == [(1,)]


def test_hazard_29_a_policy_for_somebody_whom_no_other_server_knows_is_in_the_copy(world: World) -> None:
    named = "SELECT rolname FROM pg_policy JOIN pg_roles r ON r.oid = ANY (polroles) WHERE polname = 'own'"
    assert sorted(world.here(named)) == [('hazard "odd", TO x',), ("hazard_tenant",)]


def test_hazard_34_names_are_names_whatever_stands_in_them(world: World) -> None:
    (found,) = world.here("SELECT relname FROM pg_class WHERE relname LIKE 'a\"b.%'")
    (name,) = found
    assert isinstance(name, str)
    quoted = '"' + name.replace('"', '""') + '"'
    assert world.here(f'SELECT "co\nl.☃" FROM public.{quoted}') == [("masked",)]


def test_hazard_35_nothing_that_a_source_holds_is_run_by_a_program(world: World) -> None:
    assert world.here("SELECT count(*) FROM lines WHERE line LIKE '%touch%'") == [(3,)]
    assert not world.marker.exists()


def test_hazard_36_rows_that_look_like_lines_of_a_dump_are_rows(world: World) -> None:
    listed = "SELECT id, line FROM public.lines ORDER BY id"
    assert world.here(listed) == world.there(listed)
    assert world.here("SELECT DISTINCT mark = line FROM lines") == [(True,)]


def test_hazard_43_rules_tell_time_in_one_zone_and_one_style(world: World) -> None:
    assert world.there("SELECT to_char(at, 'HH24:MI') FROM public.moments WHERE id = 2") == [("01:30",)]
    assert world.here("SELECT said, day::text FROM moments ORDER BY id") == [
        ("2021-03-28 00:30:00+00 2021-03-28 02:30:00 2021-03-28", "2021-03-28"),
        ("2021-07-01 20:00:00+00 2021-07-01 22:00:00 2021-07-01", "2021-07-01"),
    ]
    exact = "SELECT extract(epoch FROM at), extract(epoch FROM plain) FROM public.moments ORDER BY id"
    assert world.here(exact) == world.there(exact)


def test_hazard_44_values_at_the_ends_of_their_types_are_what_they_were(world: World) -> None:
    columns = "id, float8send(double), float4send(single), big, exact::text, raw, word"
    listed = f"SELECT {columns} FROM public.extremes ORDER BY id"
    assert world.here(listed) == world.there(listed)
    assert world.here("SELECT mark FROM extremes WHERE id IN (1, 3, 4) ORDER BY id") == [
        (r"0.30000000000000004 0.1 \x00ff0a5c",),
        (r"-0 Infinity \x5c30",),
        (None,),
    ]


def test_hazard_45_rows_that_never_kept_a_key_are_in_the_copy_and_the_key_stays_unproven(
    world: World,
) -> None:
    assert world.here("SELECT id, person, word FROM orphans ORDER BY id") == [
        (1, 1, "masked"),
        (2, 999, "masked"),
    ]
    valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'orphans_person_fkey'"
    assert world.here(valid) == [(False,)]


def test_hazard_46_identities_exclusions_and_dropped_columns_come_along(world: World) -> None:
    numbered = "SELECT array_agg(id ORDER BY id), bool_and(guest = 'guest ' || id) FROM rooms"
    assert world.here(numbered) == [([7, 8, 9, 10, 11], True)]
    kept = (
        "SELECT attidentity::text FROM pg_attribute WHERE attrelid = 'rooms'::regclass AND attidentity <> ''"
    )
    assert world.here(kept) == [("a",)]
    assert world.here("SELECT last_value FROM rooms_id_seq") == [(11,)]
    assert world.here("SELECT count(*) FROM pg_constraint WHERE conname = 'rooms_during_excl'") == [(1,)]


@pytest.mark.parametrize("table", ["people", "events_us", "extremes", "lines"])
def test_rules_touch_nothing_in_the_source(world: World, table: str) -> None:
    raw = world.there(ROWS.format(table=f"public.{table}"))
    assert raw != world.here(ROWS.format(table=f"public.{table}"))
    assert world.there("SELECT count(*) FROM public.people WHERE mail LIKE '%@corp%'") == [(60,)]
