"""`subset` and `explain-subset` as they are typed."""

import pytest
from support.cli import Shop
from support.postgres import query

pytestmark = pytest.mark.server

SUBSET = "    subset: {subset_tables: [{table: public.customers, where: 'id <= 3'}]}\n"


@pytest.fixture
def cut(shop: Shop) -> Shop:
    """Return the shop with a subset of three customers."""
    file = shop.command.home / "snapharbor.yml"
    file.write_text(file.read_text().rstrip("\n") + "\n" + SUBSET)
    return shop


def test_a_subset_is_explained_made_and_loaded_sanitized(cut: Shop) -> None:
    told = cut.command.here("explain-subset", "shop")
    assert (told.code, "public.customers: 3 of" in told.out) == (0, True)
    assert cut.command.here("subset", "shop", "--dry-run").code == 0
    done = cut.command.here("--json", "subset", "shop", "--load", "--yes")
    assert done.code == 0
    assert (done.last()["result"]["kind"], done.last()["result"]["rows"]) == ("sanitized", 4)
    assert done.last()["result"]["loaded"]["rows"] == 4
    emails = query(cut.copy, "SELECT email FROM customers ORDER BY id")
    assert emails == [(f"user{number}@example.test",) for number in (1, 2, 3)]


def test_a_subset_is_explained_to_programs(cut: Shop) -> None:
    told = cut.command.here("--json", "explain-subset", "shop").last()["result"]
    assert told["dangling"] == 0
    assert told["tables"][0]["why"] == {"chosen": 3}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("subset", "shop", "--load", "--into", "postgres://h/d"), 2, "--load, --into and --into-env"),
        (("subset", "shop", "--load", "--detach"), 2, "--detach"),
        (("subset", "nope"), 13, "no target"),
        (("explain-subset", "nope"), 13, "no target"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    cut: Shop, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ran = cut.command.here(*arguments)
    assert (ran.code, said in ran.err) == (code, True)


def test_a_target_without_a_subset_says_where_to_list_it(shop: Shop) -> None:
    ran = shop.command.here("subset", "shop")
    assert (ran.code, "targets.shop.subset.subset_tables" in ran.err) == (11, True)


def test_an_agent_is_told_what_a_subset_takes_and_makes_it(cut: Shop) -> None:
    told = cut.command.here("call", "describe_target", "--args", '{"target": "shop", "subset": true}')
    assert (told.code, "public.customers: 3 of" in told.out) == (0, True)
    made = cut.command.here("call", "sanitize_snapshot", "--args", '{"target": "shop", "subset": true}')
    assert (made.code, '"sanitized"' in made.out) == (0, True)
