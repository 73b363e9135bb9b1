"""An agent's whole way on real servers: the command over stdio, jobs in processes, a share's link."""

import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from support.agent import agent, serve
from support.postgres import execute, query
from support.repository import somebody
from support.shop import DEMO, Shop, recipient

from snapharbor.engine.keypair import new_signing_key
from snapharbor.engine.model.url import DatabaseUrl

pytestmark = pytest.mark.server

PASSWORD = "canary-7c2e90-never-shown"
CONFIG = """\
keys:
  identity: secret:file:{keys}/identity
  signing: secret:file:{keys}/signing
defaults:
  working_directory: {directory}
share:
  serve_url: http://127.0.0.1:{port}
recipients:
  ben:
    public_key: {ben}
targets:
  shop:
    cpus: 2
    snapshot:
      src_url: "{source}"
      dst_url: "{destination}"
      schema_config:
        use_default_schema: false
    sanitize:
      query_file: {rules}
"""


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def config(shop: Shop, port: int, tmp_path: Path) -> Path:
    """Write a configuration whose destination is reached by a role with a password worth hiding."""
    loader = f"loader_{secrets.token_hex(4)}"
    execute(shop.server.url, f"CREATE ROLE {loader} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name, text in (("identity", shop.person.identity), ("signing", new_signing_key())):
        (keys / name).touch(mode=0o600)
        (keys / name).write_text(text.reveal())
    file = tmp_path / "snapharbor.yml"
    file.touch(mode=0o600)
    file.write_text(
        CONFIG.format(
            keys=keys,
            directory=tmp_path / "work",
            port=port,
            ben=recipient(somebody()).public_key,
            source=written(shop.source),
            destination=written(shop.destination, loader, PASSWORD),
            rules=DEMO / "rules.sql",
        )
    )
    return file


def written(url: DatabaseUrl, user: str = "", password: str = "") -> str:
    """Return a URL as it stands in a configuration."""
    known = password or (url.password.reveal() if url.password else "")
    return f"postgres://{user or url.user}:{known}@/{url.database}?host={url.host}&port={url.port}"


@pytest.fixture
def serving(config: Path) -> Iterator[None]:
    """Run `snapharbor serve` where the configuration says that links lead to."""
    with serve(config):
        yield


async def test_an_agent_does_the_main_job(shop: Shop, config: Path, serving: None, port: int) -> None:
    async with agent(config) as ana:
        assert [row["target"] for row in (await ana.call("list_targets"))["targets"]] == ["shop"]
        structure = await ana.call("describe_target", target="shop", structure=True)
        assert "public.customers" in structure["structure"]
        setup = await ana.call("check_setup")
        assert setup["ok"], setup

        assert not (await ana.call("explain_sanitization", target="shop"))["blocked"]
        await ana.call("suggest_rules", target="shop", template="hipaa")

        built = await ana.end(await ana.call("build_snapshot", target="shop", tags=("nightly",)))
        clean = await ana.end(await ana.call("sanitize_snapshot", target="shop"))
        assert clean["parent"] == built["snapshot"]
        shown = await ana.call("describe_snapshot", snapshot="shop")
        assert (shown["snapshot"], shown["kind"]) == (clean["snapshot"], "sanitized")
        assert (await ana.end(await ana.call("verify_snapshot", snapshot="shop")))["chunks"] > 0

        await ana.end(await ana.call("load_snapshot", snapshot="shop"))
        plan = await ana.call("load_snapshot", snapshot="shop")
        assert plan["state"] == "needs-confirmation"
        await ana.end(await ana.call("load_snapshot", snapshot="shop", confirmation=plan["confirmation"]))

        plan = await ana.call("share_snapshot", snapshot="shop", recipients=["ben"])
        share = await ana.end(
            await ana.call("share_snapshot", snapshot="shop", confirmation=plan["confirmation"])
        )
        link = str(share["link"])
        assert urlsplit(link).port == port
        async with httpx2.AsyncClient() as http:
            assert (await http.get(link)).status_code == 200
            plan = await ana.call("revoke_share", share=share["share"])
            await ana.end(
                await ana.call("revoke_share", share=share["share"], confirmation=plan["confirmation"])
            )
            assert (await http.get(link)).status_code == 404

        for uri in ("targets", "targets/shop", "targets/shop/schema", "targets/shop/suggestion", "config"):
            ana.told.append((await ana.client.read_resource(f"snapharbor://{uri}")).model_dump_json())

    assert query(shop.destination, "SELECT count(*) FROM customers") == query(
        shop.owner, "SELECT count(*) FROM customers"
    )
    everything = "\n".join(ana.told)
    assert PASSWORD not in everything
    addresses = [str(row[0]) for row in query(shop.owner, "SELECT email FROM customers LIMIT 500")]
    assert addresses
    assert not [address for address in addresses if address in everything]


async def test_a_job_outlives_the_server_that_started_it(shop: Shop, config: Path) -> None:
    async with agent(config) as first:
        started = await first.call("build_snapshot", target="shop")
    async with agent(config) as second:
        result = await second.end(await second.call("get_job", job_id=started["job_id"], wait_seconds=45))
    assert result["target"] == "shop"


async def test_a_read_only_server_looks_and_nothing_else(shop: Shop, config: Path) -> None:
    async with agent(config, "--read-only") as looker:
        names = {tool.name for tool in (await looker.client.list_tools()).tools}
        refused = await looker.client.call_tool("build_snapshot", {"target": "shop"})
        assert (await looker.call("list_snapshots"))["snapshots"] == []
    assert "build_snapshot" not in names
    assert refused.structured_content["code"] == "read-only"
