"""Programs that run before a source is read and after a load: in time, without a secret, failing closed."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.shop import do
from support.small import MakeSmall, Small

from snapharbor.engine.model.errors import ConfirmationInvalid, HookFailed
from snapharbor.engine.model.target import Hooks, Target
from snapharbor.engine.operations.requests import BuildRequest, LoadRequest, Request, SanitizeRequest

pytestmark = pytest.mark.server


@pytest.fixture
def small(make_small: MakeSmall) -> Small:
    return make_small(
        "CREATE TABLE a (id int PRIMARY KEY, email text)",
        "INSERT INTO a VALUES (1, 'x@example.com')",
        rules="UPDATE a SET email = id || '@example.test'",
    )


def program(directory: Path, name: str, *lines: str, mode: int = 0o700) -> str:
    path = directory / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(mode)
    return str(path)


def hooked(small: Small, **hooks: tuple[str, ...]) -> Target:
    return replace(small.target, hooks=Hooks(**hooks))


async def run(small: Small, target: Target, request: Request) -> None:
    async with small.harbor(target) as harbor:
        await do(harbor, request)


async def test_hooks_run_around_build_and_load_with_names_and_no_secret(small: Small, tmp_path: Path) -> None:
    told = tmp_path / "told"
    tell = program(tmp_path, "tell", f'echo "$SNAPHARBOR_HOOK|$@" >> {told}; env >> {told}')
    target = hooked(small, before_build=(tell, "a; touch b", "$HOME"), after_load=(tell,))
    async with small.harbor(target) as harbor:
        plan = await harbor.plan(BuildRequest("shop"))
        assert plan.steps[0] == "run the program `tell` of the target's hooks"
        assert not told.exists()
        await harbor.run(plan, confirmed=True)
        await do(harbor, LoadRequest("shop", original=True))
    text = told.read_text()
    assert "before_build|a; touch b $HOME\n" in text
    assert f"SNAPHARBOR_DESTINATION=postgres://{small.destination.host}" in text
    password = small.destination.password
    assert password is not None
    assert password.reveal() not in text
    assert "PGPASS" not in text


@pytest.mark.parametrize("request_", [BuildRequest("shop"), SanitizeRequest("shop", new=True)])
@pytest.mark.parametrize("broken", ["fails", "is not there", "cannot be run"])
async def test_nothing_is_read_if_the_hook_before_it_fails(
    small: Small, tmp_path: Path, request_: Request, broken: str
) -> None:
    mode = 0o600 if broken == "cannot be run" else 0o700
    hook = program(tmp_path, "no", "echo a secret >&2", "exit 3", mode=mode)
    if broken == "is not there":
        hook = "nowhere-at-all"
    async with small.harbor(hooked(small, before_build=(hook,))) as harbor:
        with pytest.raises(HookFailed) as failure:
            await do(harbor, request_)
        assert not await harbor.snapshots("shop")
    assert "a secret" not in str(failure.value.__reduce__())


async def test_a_hook_that_fails_after_a_load_is_told_and_the_data_is_there(
    small: Small, tmp_path: Path
) -> None:
    await small.sanitize()
    target = hooked(small, after_load=(program(tmp_path, "no", "exit 4"),))
    with pytest.raises(HookFailed) as failure:
        await run(small, target, LoadRequest("shop"))
    assert failure.value.details["ended_with"] == 4
    assert small.here("SELECT count(*) FROM a") == [(1,)]


async def test_a_stored_original_is_sanitized_without_the_hook_before_reading(
    small: Small, tmp_path: Path
) -> None:
    await small.do(BuildRequest("shop"))
    target = hooked(small, before_build=(program(tmp_path, "no", "exit 3"),))
    await run(small, target, SanitizeRequest("shop"))


async def test_a_plan_runs_no_other_program_than_the_one_it_was_made_with(small: Small) -> None:
    plan = await small.plan(BuildRequest("shop"))
    async with small.harbor(hooked(small, before_build=("true",))) as harbor:
        with pytest.raises(ConfirmationInvalid):
            await harbor.run(plan, confirmed=True)
