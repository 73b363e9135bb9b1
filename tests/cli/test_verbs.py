"""The verbs on a real server: what they print, ask, refuse, and leave behind."""

import json
import os
import signal
import subprocess
from contextlib import closing
from itertools import product

import pytest
from support.cli import COMMAND, CUSTOMERS, INTERRUPT, Shop
from support.postgres import connect, query

from snapharbor.engine.model.errors import SnapshotCorrupt

pytestmark = pytest.mark.server


def emails(shop: Shop) -> set[str]:
    return {
        str(row[0]).rstrip("0123456789")
        for row in query(shop.copy, "SELECT split_part(email, '@', 1) FROM customers")
    }


def exists(shop: Shop) -> bool:
    return bool(query(shop.source, f"SELECT FROM pg_database WHERE datname = '{shop.copy.database}'"))


@pytest.fixture
def built(shop: Shop) -> Shop:
    """Return the shop with one original."""
    assert shop.command.here("build", "shop").code == 0
    return shop


@pytest.fixture
def sanitized(shop: Shop) -> Shop:
    """Return the shop with one set, original and sanitized."""
    assert shop.command.here("sanitize", "shop", "--original").code == 0
    return shop


def test_a_build_says_what_it_made_and_the_target_shows_it(shop: Shop) -> None:
    ran = shop.command("--json", "build", "shop", "--tag", "nightly")
    assert (ran.code, ran.err) == (0, "")
    assert {key for line in ran.lines() for key in line} <= {"plan", "progress", "warning", "result"}
    result = ran.last()["result"]
    assert (result["target"], result["kind"], result["rows"]) == ("shop", "original", CUSTOMERS)
    (shown,) = shop.command.here("--json", "target", "shop").last()["result"]["snapshots"]
    assert (shown["index"], shown["snapshot"], shown["tags"]) == (0, result["snapshot"], ["nightly"])
    assert result["snapshot"] in shop.command.here("target", "shop").out


def test_a_sanitized_snapshot_is_loaded_by_number_id_or_target(sanitized: Shop) -> None:
    snapshots = sanitized.command.here("target", "shop", "--json").last()["result"]["snapshots"]
    (chosen,) = [snapshot["snapshot"] for snapshot in snapshots if snapshot["kind"] == "sanitized"]
    for which in (("shop",), ("shop", "0"), ("shop", "latest"), (chosen,), (chosen[:-3],)):
        ran = sanitized.command("--json", "load", *which, "--yes")
        assert ran.code == 0
        assert ran.lines()[0]["plan"]["verb"] == "load"
        assert emails(sanitized) == {"user"}


def test_raw_data_is_loaded_only_when_asked_for(built: Shop) -> None:
    assert built.command.here("load", "shop", "--yes").code == 31
    assert not exists(built)
    assert built.command.here("load", "shop", "--original", "--yes").code == 0
    assert emails(built) == {"real"}


def test_the_destination_comes_from_a_variable_or_a_name(sanitized: Shop) -> None:
    other = sanitized.copy.database + "_b"
    text = sanitized.command.variables["COPY"].replace(sanitized.copy.database, other)
    for option in (("--destdb-env", "REVIEW_URL"), ("--database", other), ("--destdb", text)):
        command = sanitized.command.having(REVIEW_URL=text)
        assert command.here("load", "shop", *option, "--yes").code == 0
        assert query(sanitized.copy.on(other), "SELECT count(*) FROM customers") == [(CUSTOMERS,)]


def test_without_a_terminal_nothing_is_overwritten_unconfirmed_and_nobody_waits(sanitized: Shop) -> None:
    assert sanitized.command.here("load", "shop", "--yes").code == 0
    for command in (sanitized.command, sanitized.command.having(CI="true")):
        with subprocess.Popen(
            (*COMMAND, "--json", "load", "shop", "--original"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=command.home,
            env=command.environment(),
        ) as child:
            assert child.stdout is not None
            lines = [json.loads(line) for line in child.stdout]  # ends although stdin stays open
            assert child.wait() == 32
        assert lines[0]["plan"]["needs_confirmation"]
        assert lines[-1]["error"]["code"] == "confirmation-required"
    assert emails(sanitized) == {"user"}


def test_a_dry_run_prints_the_plan_and_changes_nothing(sanitized: Shop) -> None:
    ran = sanitized.command.here("load", "shop", "--dry-run")
    assert ran.code == 0
    assert sanitized.copy.database in ran.out
    assert not exists(sanitized)


def test_a_person_on_a_terminal_reads_the_plan_and_decides(sanitized: Shop) -> None:
    assert sanitized.command.here("load", "shop", "--yes").code == 0
    question = "Go on?"
    for answer, code, now in (
        ("n\n", 130, "user"),
        ("\n", 130, "user"),
        (INTERRUPT, 130, "user"),
        ("y\n", 0, "real"),
    ):
        ran = sanitized.command.terminal("load", "shop", "--original", answers={question: answer})
        assert ran.code == code
        assert ran.out.index(sanitized.copy.database) < ran.out.index(question)
        assert emails(sanitized) == {now}


def test_read_only_refuses_whatever_was_confirmed(built: Shop) -> None:
    assert built.command.here("--read-only", "load", "shop", "--original", "--yes").code == 34
    assert built.command.here("build", "shop", "--read-only").code == 34
    assert built.command.here("verify", "shop", "--read-only").code == 0
    assert not exists(built)


def test_a_detached_job_is_watched_to_its_end(shop: Shop) -> None:
    started = shop.command("build", "shop", "--detach")
    job = started.out.strip()
    assert (started.code, started.out) == (0, f"{job}\n")
    ended = shop.command.here("--json", "jobs", job, "--wait")
    assert (ended.code, ended.last()["result"]["state"]) == (0, "succeeded")
    assert job in shop.command.here("jobs").out


def test_a_job_that_failed_leaves_with_its_own_code(built: Shop) -> None:
    chunk = next(built.command.home.rglob("chunks/*/*"))
    chunk.write_bytes(chunk.read_bytes()[:-1])
    job = built.command("verify", "shop", "--detach").out.strip()
    ended = built.command.here("--json", "jobs", job, "--wait")
    assert (ended.code, ended.last()["error"]["code"]) == (SnapshotCorrupt.exit_code, "snapshot-corrupt")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_build_leaves_no_snapshot(shop: Shop, number: signal.Signals) -> None:
    with closing(connect(shop.source)) as other, other.transaction():
        other.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
        child = shop.command.start("--json", "build", "shop")
        with child:
            assert child.stdout is not None
            first = next(line for line in child.stdout if "progress" in line)
            assert json.loads(first)["progress"]
            os.kill(child.pid, number)
            last = child.stdout.read().splitlines()[-1]
        assert child.returncode == 130
    assert json.loads(last)["error"]["code"] == "cancelled"
    assert shop.command.here("--json", "target", "shop").last()["result"]["snapshots"] == []
    (job,) = shop.command.here("--json", "jobs").last()["result"]
    assert job["state"] == "cancelled"


def test_a_reader_that_leaves_during_the_work_does_not_stop_it(shop: Shop) -> None:
    with shop.command.start("--json", "build", "shop") as child:
        assert child.stdout is not None
        assert "plan" in child.stdout.readline()
        child.stdout.close()
    assert child.returncode == 141
    assert len(shop.command.here("--json", "target", "shop").last()["result"]["snapshots"]) == 1


def test_verify_export_and_prune_do_what_they_say(sanitized: Shop) -> None:
    command = sanitized.command
    assert command.here("--json", "verify", "shop").last()["result"]["chunks"] > 0
    assert command.here("export", "shop", "archive").code == 0
    assert (command.home / "archive" / "toc.dat").is_file()
    assert command.here("sanitize", "shop", "--new").code == 0
    before = len(command.here("--json", "target", "shop").last()["result"]["snapshots"])
    plan = command.here("--json", "prune", "--keep-last", "1", "--dry-run").last()["result"]["plan"]
    assert plan["needs_confirmation"]
    assert command.here("prune", "--keep-last", "1").code == 32
    assert command.here("prune", "--keep-last", "1", "--yes").code == 0
    assert len(command.here("--json", "target", "shop").last()["result"]["snapshots"]) < before


def test_prune_takes_no_target_that_nothing_answers_to(built: Shop) -> None:
    command = built.command
    prune = ("prune", "--keep-last", "1", "--dry-run", "--target")
    assert command.here(*prune, "shpo").code == 13
    assert command.here(*prune, "shop").code == 0
    text = (command.home / "snapharbor.yml").read_text()
    (command.home / "snapharbor.yml").write_text(text.replace("  shop:", "  store:"))
    assert command.here(*prune, "shop").code == 0  # taken out of the configuration, and still there to remove
    assert command.here(*prune, "store").code == 0


def test_a_snapshot_that_a_target_does_not_have_is_answered_with_what_there_is(shop: Shop) -> None:
    def hint() -> str:
        ran = shop.command.here("--json", "verify", "shop:3")
        assert ran.code == 14
        return str(ran.last()["error"]["hint"])

    assert "`snapharbor build shop`" in hint()
    assert shop.command.here("build", "shop").code == 0
    assert "0 is the only one" in hint()


def test_a_share_is_printed_listed_and_revoked(sanitized: Shop) -> None:
    command = sanitized.command
    assert command.here("share", "shop", "--to", "colleague").code == 32
    shared = command.here("--json", "share", "shop", "--to", "colleague", "--for", "2h", "--yes")
    assert shared.code == 0
    identifier = shared.last()["result"]["share"]
    (listed,) = command.here("--json", "share", "--list").last()["result"]
    assert (listed["share"], listed["revoked_at"]) == (identifier, None)
    assert identifier in command.here("share", "--list").out
    assert command.here("revoke", identifier, "--yes").code == 0
    assert command.here("--json", "share", "--list").last()["result"][0]["revoked_at"]


def test_a_link_on_the_standard_input_is_taken_as_the_source(shop: Shop) -> None:
    ran = shop.command("--json", "pull", "-", input="http://127.0.0.1:9/canary-link\n")
    assert ran.code not in (0, 1, 2)
    assert "canary-link" not in ran.out + ran.err


def test_targets_are_listed_with_what_their_sources_say(shop: Shop) -> None:
    (target,) = shop.command.here("--json", "targets", "--update").last()["result"]
    assert (target["target"], target["state"]) == ("shop", "ok")
    assert target["bytes"] > 0
    (target,) = shop.command.here("--json", "targets").last()["result"]
    assert "state" not in target


def test_a_source_that_cannot_be_reached_is_a_state_and_not_the_end(shop: Shop) -> None:
    command = shop.command.having(SOURCE="postgres://me:canary-9c1d@127.0.0.1:1/gone")
    ran = command.here("--json", "targets", "--update")
    assert ran.code == 0
    assert ran.last()["result"][0]["state"] == "database-unreachable"
    assert command.here("build", "shop").code == 40
    assert "canary-9c1d" not in ran.out + ran.err


def test_the_audit_record_is_shown_exported_and_verified(built: Shop) -> None:
    records = [json.loads(line) for line in built.command.here("audit", "export").out.splitlines()]
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    assert any(record["what"] == "build" for record in records)
    assert built.command.here("--json", "audit", "show", "--limit", "1").last()["result"] == records[-1:]
    assert built.command.here("audit", "verify").code == 0


def test_call_answers_what_the_tool_answers(sanitized: Shop) -> None:
    command = sanitized.command
    listed = json.loads(command.here("call", "list_snapshots", "--args", '{"target": "shop"}').out)
    assert {row["kind"] for row in listed["snapshots"]} == {"original", "sanitized"}
    assert command.here("load", "shop", "--yes").code == 0
    first = json.loads(command("call", "load_snapshot", "--args", "-", input='{"snapshot": "shop"}').out)
    assert first["state"] == "needs-confirmation"
    (command.home / "again.json").write_text(
        json.dumps({"snapshot": "shop", "confirmation": first["confirmation"]})
    )
    second = command.here("call", "load_snapshot", "--args", "@again.json")
    assert (second.code, json.loads(second.out)["state"]) == (0, "succeeded")
    refused = command.here("--json", "--read-only", "call", "build_snapshot", "--args", '{"target": "shop"}')
    assert (refused.code, refused.last()["error"]["code"]) == (34, "read-only")


@pytest.mark.parametrize(
    ("arguments", "near"),
    [(("list_tarets",), "`list_targets`"), (("describe_target", "--args", '{"targt": "shop"}'), "`target`")],
)
def test_a_misspelled_tool_or_argument_is_answered_with_the_closest(
    shop: Shop, arguments: tuple[str, ...], near: str
) -> None:
    ran = shop.command.here("--json", "call", *arguments)
    assert ran.code == 16
    assert near in ran.last()["error"]["hint"]


def test_tables_fit_the_terminal(sanitized: Shop) -> None:
    verbs = (("targets",), ("target", "shop", "--info"), ("jobs",), ("audit", "show"))
    for columns, arguments in product((80, 200), verbs):
        ran = sanitized.command.terminal(*arguments, columns=columns)
        assert ran.code == 0
        plain = ran.out.replace("\x1b[1m", "").replace("\x1b[0m", "")
        assert max(len(line) for line in plain.splitlines()) <= columns


def test_progress_is_drawn_on_a_terminal_and_told_in_few_lines_elsewhere(shop: Shop) -> None:
    drawn = shop.command.terminal("build", "shop")
    assert (drawn.code, "\x1b[2K" in drawn.out) == (0, True)
    told = shop.command("build", "shop")
    assert (told.code, "\x1b" in told.out + told.err) == (0, False)
    assert 0 < len(told.err.splitlines()) < 10
    (read,) = [line for line in told.err.splitlines() if line.startswith("reading: ")][-1:]
    done, _, total = read.removeprefix("reading: ").partition(" of ")
    assert done == total
    events = [
        line["progress"] for line in shop.command("--json", "build", "shop").lines() if "progress" in line
    ]
    (last,) = [event for event in events if event["stage"] == "reading"][-1:]
    assert (last["done"], last["done"] > 0) == (last["total"], True)


@pytest.mark.parametrize(
    "locale", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}]
)
def test_names_that_a_locale_cannot_spell_do_not_end_a_run(shop: Shop, locale: dict[str, str]) -> None:
    command = shop.command.having(**locale)
    ran = command("build", "shop", "--tag", "größe-✓", "--dry-run")
    assert ran.code == 0
    assert command("target", "größe-✓").code == 13
