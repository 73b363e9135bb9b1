"""An agent's and a terminal's whole way on a MariaDB server, and a share that another one opens."""

import secrets
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.agent import agent, serve
from support.cli import Command
from support.mysqlshop import RULES, MysqlShop
from support.repository import somebody
from support.shop import do, recipient

from snapharbor.engine.keypair import new_signing_key
from snapharbor.engine.model.url import DatabaseUrl
from snapharbor.engine.operations.requests import LoadRequest, PullRequest

pytestmark = pytest.mark.server

CONFIG = """\
keys:
  identity: secret:file:{keys}/identity
  signing: secret:file:{keys}/signing
  masking: secret:file:{keys}/masking
defaults:
  working_directory: {directory}
share:
  serve_url: http://127.0.0.1:{port}
recipients:
  ben:
    public_key: {ben}
database_tools:
  mysql:
    bin: {bin}
targets:
  shop:
    cpus: 2
    snapshot:
      src_url: "{source}"
      dst_url: "{destination}"
    sanitize:
      query_file: {rules}
"""


@pytest.fixture
def config(mysql_shop: MysqlShop, tmp_path: Path) -> Path:
    shop, keys, rules = mysql_shop, tmp_path / "keys", tmp_path / "rules.sql"
    keys.mkdir(mode=0o700)
    masking = secrets.token_hex(20)
    for name, text in (
        ("identity", shop.person.identity.reveal()),
        ("signing", new_signing_key().reveal()),
        ("masking", masking),
    ):
        (keys / name).touch(mode=0o600)
        (keys / name).write_text(text)
    rules.write_text(RULES)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    file = tmp_path / "snapharbor.yml"
    file.touch(mode=0o600)
    file.write_text(
        CONFIG.format(
            keys=keys,
            directory=shop.directory,
            port=port,
            ben=recipient(BEN).public_key,
            bin=shop.server.build.bin,
            source=written(shop.source),
            destination=written(shop.destination),
            rules=rules,
        )
    )
    return file


BEN = somebody()


def written(url: DatabaseUrl) -> str:
    assert url.password is not None
    return f"mariadb://{url.user}:{url.password.reveal()}@/{url.database}?host={url.host}"


@pytest.fixture
def serving(config: Path) -> Iterator[None]:
    with serve(config):
        yield


async def test_an_agent_does_the_main_job(
    mysql_shop: MysqlShop, config: Path, serving: None, tmp_path: Path
) -> None:
    shop = mysql_shop
    async with agent(config) as ana:
        structure = await ana.call("describe_target", target="shop", structure=True)
        assert f"{shop.owner.database}.customers" in structure["structure"]
        setup = await ana.call("check_setup")
        assert setup["ok"], setup
        assert not (await ana.call("explain_sanitization", target="shop"))["blocked"]
        await ana.call("suggest_rules", target="shop", template="hipaa")

        built = await ana.end(await ana.call("build_snapshot", target="shop", tags=("nightly",)))
        clean = await ana.end(await ana.call("sanitize_snapshot", target="shop"))
        assert clean["parent"] == built["snapshot"]
        assert (await ana.end(await ana.call("verify_snapshot", snapshot="shop")))["chunks"] > 0

        await ana.end(await ana.call("load_snapshot", snapshot="shop"))
        plan = await ana.call("load_snapshot", snapshot="shop")
        assert plan["state"] == "needs-confirmation"
        await ana.end(await ana.call("load_snapshot", snapshot="shop", confirmation=plan["confirmation"]))

        plan = await ana.call("share_snapshot", snapshot="shop", recipients=["ben"])
        share = await ana.end(
            await ana.call("share_snapshot", snapshot="shop", confirmation=plan["confirmation"])
        )
        for uri in ("targets", "targets/shop", "targets/shop/schema", "targets/shop/suggestion"):
            ana.told.append((await ana.client.read_resource(f"snapharbor://{uri}")).model_dump_json())

    pulled = shop.destination.on(f"{shop.owner.database}_pulled")
    settings = shop.settings(
        targets={},
        working_directory=tmp_path / "bens",
        identities=(BEN.identity,),
        signing_key=BEN.signing_key,
        trusted_keys=(),
        shared_destination=pulled,
    )
    async with shop.harbor(settings=settings) as bens:
        await do(bens, PullRequest(str(share["link"])))
        await do(bens, LoadRequest("shop"))
    count = "SELECT count(*) FROM customers"
    for place in (shop.destination, pulled):
        assert shop.query(place, count) == [(600,)]
        assert shop.query(place, f"{count} WHERE email LIKE '%real-mail%'") == [(0,)]

    everything = "\n".join(ana.told)
    assert shop.source.password is not None
    assert shop.source.password.reveal() not in everything
    addresses = [str(row[0]) for row in shop.query(shop.owner, "SELECT email FROM customers")]
    assert not [address for address in addresses if address in everything]


def test_a_person_does_the_main_job_on_the_command_line(
    mysql_shop: MysqlShop, config: Path, tmp_path: Path
) -> None:
    shop = mysql_shop
    assert shop.source.password is not None
    run = replace(Command(tmp_path), canaries=(shop.source.password.reveal(), "@real-mail.org"))
    here = ("--config", str(config))
    assert run.here(*here, "config", "check").code == 0
    assert run.here(*here, "explain", "shop").code == 0
    for words in (
        ("build", "shop"),
        ("sanitize", "shop"),
        ("verify", "shop"),
        ("proof", "shop"),
        ("load", "shop", "--yes"),
        ("export", "shop", str(tmp_path / "out"), "--yes"),
        ("snapshots",),
        ("target", "shop"),
        ("suggest", "shop"),
    ):
        ran = run.here(*here, *words)
        assert ran.code == 0, (words, ran)
    assert (tmp_path / "out" / "snapshot.sql").exists()
    assert shop.query(shop.destination, "SELECT count(*) FROM customers") == [(600,)]
