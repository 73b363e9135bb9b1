"""The main job on a machine with nothing installed, through the MCP server, as an agent would do it.

Starts a private PostgreSQL, fills it with the sample shop, and then only talks to `snapharbor mcp` over
stdio: list targets, explain, build, sanitize, verify, load, share. The first rules forget an e-mail address
that the application copied into a JSON column: the finished snapshot is searched, the leak is found,
the rules are corrected. Leaves both databases running for `make demo-psql`.
"""

import json
import os
import subprocess
import sys
import textwrap

import anyio
from anyio import to_thread
from mcp import Client, StdioServerParameters
from rich.console import Console
from shop import HERE, Shop, prepare, programs, remove, rows, write_rules

from snapharbor.engine.database.postgres import cluster
from snapharbor.engine.database.postgres.session import session
from snapharbor.engine.model.json import Json
from snapharbor.engine.model.target import Limits

console = Console(highlight=False, soft_wrap=True)
Answer = dict[str, Json]


class Failed(Exception):
    """The engine refused something, and the demo has already printed what. `code` names the error."""

    def __init__(self, code: Json) -> None:
        super().__init__(code)
        self.code = code


class Agent:
    """A client that prints what it calls and what it is answered, as an agent would see it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: Json) -> Answer:
        """Call a tool and follow its job to the end; confirm what the plan asks to be confirmed."""
        answer = await self._ask(tool, arguments)
        while answer.get("state") in ("queued", "running"):
            answer = await self._ask("get_job", {"job_id": answer["job_id"], "wait_seconds": 30})
        if answer.get("state") == "needs-confirmation":
            return await self.call(tool, **arguments, confirmation=answer["confirmation"])
        if answer.get("state") in ("failed", "interrupted"):
            failure = answer.get("failure")
            raise Failed(failure.get("code") if isinstance(failure, dict) else None)
        return answer

    async def refused(self, code: str, tool: str, **arguments: Json) -> None:
        """Call a tool that has to fail with an error of this code."""
        try:
            await self.call(tool, **arguments)
        except Failed as error:
            if error.code == code:
                return
        raise Failed(None)

    async def _ask(self, tool: str, arguments: Answer) -> Answer:
        shown = {key: "…" if key == "confirmation" else value for key, value in arguments.items()}
        console.print(
            f"\n[bold cyan]agent >[/] {tool} {json.dumps(shown, ensure_ascii=False) if shown else ''}"
        )
        result = await self._client.call_tool(tool, arguments)
        answer: Answer = dict(result.structured_content or {})
        console.print(textwrap.indent(_short(answer), "        "), style="dim", markup=False)
        if result.is_error and "state" not in answer:
            raise Failed(answer.get("code"))
        return answer


def _act(number: int, title: str) -> None:
    console.print(f"\n[bold]{number}. {title}[/]")


def _short(answer: Answer) -> str:
    told = {key: value for key, value in answer.items() if value is not None}
    hidden = {**told, **{key: "…" for key in ("confirmation", "link") if key in told}}
    text = json.dumps(hidden, indent=2, ensure_ascii=False)
    lines = [line if len(line) < 150 else line[:147] + "…" for line in text.replace("\\n", "\n").splitlines()]
    return "\n".join(lines if len(lines) < 40 else [*lines[:38], "…"])


def _show(shop: Shop) -> None:
    console.print("\n[bold]The same rows before and after[/]")
    for table, columns in (
        ("customers", "id, email, full_name, phone, birth_date, profile"),
        ('"Order"', 'id, "shipTo", total'),
        ("events", "id, payload"),
        ("crm.notes", "id, body"),
    ):
        query = f"SELECT {columns} FROM {table} ORDER BY id LIMIT 2"
        console.print(f"\n  {table}", style="bold")
        for color, url in (("red", shop.source), ("green", shop.copy)):
            for row in rows(url, query):
                console.print("    " + "  ".join(str(value) for value in row)[:140], style=color)


async def main() -> None:
    """Run the demo from an empty `.demo` directory."""
    with console.status("starting a private PostgreSQL and filling the sample shop"):
        shop = await prepare()
    console.print(f"source: {shop.source} ({shop.count:,} rows, {shop.version}); destination: {shop.copy}")
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "snapharbor", "--config", str(shop.config), "mcp"],
    )
    async with Client(server) as client:
        agent = Agent(client)
        _act(1, "What would the rules do? Nothing runs yet")
        await agent.call("list_targets")
        await agent.call("explain_sanitization", target="shop")
        _act(2, "Build, and sanitize that in a private copy. What comes out is searched: these rules leak")
        await agent.call("build_snapshot", target="shop")
        await agent.call("sanitize_snapshot", target="shop")
        await agent.refused("rule-leaks", "verify_snapshot", snapshot="shop:latest")
        await agent.refused("rule-leaks", "share_snapshot", snapshot="shop:latest", recipients=["colleague"])
        _act(3, "The rule for `events` left an e-mail in its JSON: corrected, now while the source is read")
        await to_thread.run_sync(write_rules, shop.rules)
        await agent.call("explain_sanitization", target="shop")
        await agent.call("sanitize_snapshot", target="shop", new=True)
        await agent.call("verify_snapshot", snapshot="shop:latest")
        _act(4, "Load the clean copy, and share it")
        await agent.call("load_snapshot", snapshot="shop:latest")
        await agent.call("share_snapshot", snapshot="shop:latest", recipients=["colleague"])
    await to_thread.run_sync(_show, shop)
    console.print(
        "\nBoth still run: [bold]make demo-psql[/] opens the copy, [bold]make demo-stop[/] ends them."
    )


def look() -> None:
    """Open psql on the sanitized copy; the source is one `\\c shop` away."""
    server = cluster.find(HERE / "cluster")
    if server is None:
        sys.exit("the demo is not running: start it with make demo")
    console.print("This is the sanitized copy. [bold]\\c shop[/] shows the source, [bold]\\q[/] leaves.")
    with session(server.url("shop_copy"), Limits(), HERE / "data") as opened:
        box = anyio.run(programs)
        command = [box.program("psql"), "-X", "--dbname", opened.conninfo]
        sys.exit(subprocess.run(command, env={**os.environ, **opened.environment}).returncode)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["stop"]:
            remove()
        case ["psql"]:
            look()
        case []:
            try:
                anyio.run(main)
            except* Failed:
                sys.exit("the demo did not end as it should")
        case _:
            sys.exit("usage: run.py [psql | stop]")
