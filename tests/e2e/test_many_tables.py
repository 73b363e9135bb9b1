"""Five thousand tables are a database like any other, in a process that stays small."""

from pathlib import Path

import pytest
from support.faults import Site
from support.postgres import TEMPLATES, Postgres, Reader, execute, query

from snapharbor.engine.database.postgres.cluster import throwaway_cluster

pytestmark = pytest.mark.server

TABLES = 5000
MOST_BYTES = 150_000_000
MANY = f"""
DO $$
BEGIN
  FOR n IN 1..{TABLES} LOOP
    EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, name text NOT NULL, n int)', n);
    EXECUTE format('INSERT INTO t%s SELECT g, ''row '' || g, %s FROM generate_series(1, 3) AS g', n, n);
    IF n % 500 = 0 THEN COMMIT; END IF;
  END LOOP;
END $$
"""
COUNT = "SELECT count(*) FROM pg_stat_user_tables"


def test_five_thousand_tables_are_built_and_loaded_in_little_memory(
    postgres: Postgres, reader: Reader, tmp_path: Path
) -> None:
    # A server of its own: to remove its files is quicker than to drop so many tables.
    with throwaway_cluster(postgres.tools, tmp_path, templates=TEMPLATES) as cluster:
        owner, copy = cluster.url("many"), cluster.url("copy")
        execute(cluster.url(), "CREATE DATABASE many")
        execute(owner, MANY)
        site = Site(tmp_path / "site", Postgres(cluster, postgres.tools), owner, reader(owner), copy)
        site.configure(more="keep_templates: 0")
        for arguments in (("build", "little"), ("load", "little", "--original", "--yes")):
            ran = site.run(*arguments, program="support.peak")
            assert ran.code == 0, ran.last()
            assert int(ran.err.splitlines()[-1]) < MOST_BYTES
        assert ran.last()["result"]["rows"] == 3 * TABLES
        assert query(copy, COUNT) == [(TABLES,)]
        assert query(copy, f"SELECT count(*), sum(n) FROM t{TABLES}") == [(3, 3 * TABLES)]
        assert site.scratch() == []
