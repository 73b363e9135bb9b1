"""What a file says becomes values of the model."""

import os
from pathlib import Path

import pytest
from support.settings import Corner

from snapharbor.engine.model.errors import ConfigInvalid
from snapharbor.engine.model.settings import Programs
from snapharbor.engine.model.target import Limits, Rules, Selection, StorageProfile, Target
from snapharbor.engine.model.url import DatabaseUrl

EVERYTHING = """
    defaults: {working_directory: data, cpus: 1, keep_previous: true,
               shared_target_dst_db_url: postgres://here/shared}
    override: {san_query: "UPDATE a SET b = 1", dst_db_url: postgres://here/override}
    limits: {lock_timeout: 3}
    share: {seconds: 60, serve_url: "http://127.0.0.1:9000"}
    keep_templates: 0
    protected: ["*prod*"]
    database_tools: {postgresql: {pg_dump: pg/bin/pg_dump, psql: pg/bin/psql}}
    recipients: {ann: {public_key: PUBLIC, groups: [dev]}}
    storage_profiles:
      raw: {provider: local, path: raw}
      clean: {provider: r2, bucket: clean, account_id: a1}
    targets:
      shop:
        name: The shop
        snapshot:
          src_url: postgres://reader@db/shop?sslmode=require
          dst_url: postgres://here/shop_dev
          schema_config:
            use_default_schema: false
            include_schemas: [public, audit]
            exclude_schemas: [scratch]
            schema_table_filters: {audit: [log]}
          tables: {include: [public.a], exclude: [public.b], exclude_data: [public.c]}
        storage_profile: raw
        sanitize:
          dst_url: postgres://bench/scratch
          query_file: rules.sql
          override_query: DELETE FROM a
          storage_profile: clean
          allow_unsafe: yes
        limits: {statement_timeout: 9}
        sso_groups: [dev]
        environment: production
        keep_previous: false
        protected: true
      theirs:
        share: {dst_url: postgres://here/theirs, storage_profile: clean}
"""
KEY = "age1" + "q" * 58


def credentials(profile: StorageProfile) -> list[str | None]:
    return [secret.reveal() if secret else None for secret in (profile.access_key, profile.secret_key)]


def test_every_key_arrives_where_it_belongs(corner: Corner) -> None:
    settings = corner.load(EVERYTHING.replace("PUBLIC", KEY))
    assert settings.target("shop") == Target(
        key="shop",
        name="The shop",
        source=DatabaseUrl("postgres", "db", 5432, "reader", "shop", options={"sslmode": "require"}),
        destination=DatabaseUrl("postgres", "here", 5432, "", "shop_dev"),
        cpus=1,
        selection=Selection(
            use_default_schema=False,
            include_schemas=("public", "audit"),
            exclude_schemas=("scratch",),
            table_filters=(("audit", ("log",)),),
            include_tables=("public.a",),
            exclude_tables=("public.b",),
            exclude_data=("public.c",),
        ),
        limits=Limits(lock_timeout=3, statement_timeout=9),
        rules=Rules(
            override_query="DELETE FROM a",
            query_file=corner.home / "rules.sql",
            work_url=DatabaseUrl("postgres", "bench", 5432, "", "scratch"),
            storage_profile="clean",
            allow_unsafe=True,
        ),
        storage_profile="raw",
        groups=("dev",),
        environment="production",
        keep_previous=False,
        protected=True,
    )
    assert settings.target("theirs") == Target(
        key="theirs",
        name="theirs",
        type="share",
        destination=DatabaseUrl("postgres", "here", 5432, "", "theirs"),
        limits=Limits(lock_timeout=3),
        share_profile="clean",
        keep_previous=True,
    )
    assert settings.working_directory == corner.home / "data"
    named = f"`database_tools.postgresql.pg_dump` ({corner.file}:9)"
    assert settings.postgres_programs == Programs(corner.home / "pg/bin", named)
    assert settings.profile("raw").path == corner.home / "raw"
    assert settings.override_query == "UPDATE a SET b = 1"
    assert str(settings.override_destination) == "postgres://here:5432/override"
    assert str(settings.shared_destination) == "postgres://here:5432/shared"
    assert (settings.share_seconds, settings.serve_url) == (60, "http://127.0.0.1:9000")
    assert (settings.keep_templates, settings.protected) == (0, ("*prod*",))
    (ann,) = settings.recipients
    assert (ann.name, ann.public_key, ann.groups) == ("ann", KEY, ("dev",))


def test_an_empty_file_is_a_configuration_with_defaults(corner: Corner) -> None:
    for text in ("", "# nothing\n", "---\n", "targets:\nstorage_profiles: {}\n"):
        settings = corner.load(text)
        assert (settings.targets, settings.storage_profiles, settings.identities) == ({}, {}, ())
        assert settings.working_directory == corner.home / ".snapharbor"


def test_a_key_without_a_value_is_a_key_that_is_not_there(corner: Corner) -> None:
    text = "override: {dst_db_url: '', san_query: }\ntargets: {a: {cpus: , snapshot: {src_url: pg://h/d}}}"
    settings = corner.load(text)
    assert (settings.override_destination, settings.override_query) == (None, None)
    assert settings.target("a").cpus == 1


def test_more_cpus_than_the_machine_has_are_capped_with_a_warning(corner: Corner) -> None:
    settings = corner.load("targets: {a: {cpus: 1000000}}")
    assert settings.target("a").cpus == os.cpu_count()
    (warning,) = settings.warnings
    assert "1000000" in warning


def test_a_rule_file_is_looked_for_beside_the_configuration_then_in_the_working_directory(
    corner: Corner,
) -> None:
    text = "defaults: {working_directory: data}\ntargets: {a: {sanitize: {query_file: r.sql}}}"

    def found() -> tuple[Path | None, int]:
        settings = corner.load(text)
        rules = settings.target("a").rules
        return rules.query_file if rules else None, len(settings.warnings)

    assert found() == (corner.home / "r.sql", 1)
    (corner.home / "data").mkdir()
    (corner.home / "data/r.sql").write_text("DELETE FROM a")
    assert found() == (corner.home / "data/r.sql", 0)
    (corner.home / "r.sql").write_text("DELETE FROM a")
    assert found() == (corner.home / "r.sql", 0)


def test_former_spellings_are_read_with_a_warning(corner: Corner) -> None:
    settings = corner.load("""
        working_directory: old
        storage_profiles:
          s: {type: minio, bucket: b, access_key_id: one, secret_access_key: two, endpoint_url: "http://h"}
        targets:
          a: {snapshot: {src_url: pg://h/d, storage_profile: s}}
    """)
    profile = settings.profile("s")
    assert (profile.provider, profile.endpoint) == ("minio", "http://h")
    assert credentials(profile) == ["one", "two"]
    assert settings.target("a").storage_profile == "s"
    assert settings.working_directory == corner.home / "old"
    assert len(settings.warnings) == 6


def test_a_file_of_the_original_is_read_and_what_has_no_effect_is_told(corner: Corner) -> None:
    settings = corner.load("""
        secret_key: canary-{{of old}}
        authtoken: $aes$canary
        auth: {cloud_token: canary}
        env: production
        debug: false
        trace: false
        docker: {images: {mysql: "mysql:8", postgres: "postgres:17"}}
        database_tools:
          auto_detect: true
          mysql: {mysql: /bin/mysql, mysqldump: /bin/mysqldump}
        feature_flags: {development_utilities: true}
        override: {san_query: "", dst_db_url: "", nocloud: true}
        sso: {okta: {client_id: a, access_token: $aes$canary}}
        defaults: {cpus: 1, shared_target_dst_db_url: ""}
        targets:
          a: {snapshot: {src_url: pg://h/d}}
    """)
    assert list(settings.targets) == ["a"]
    assert len(settings.warnings) == 11
    assert settings.images == {"postgres": "postgres:17", "mysql": "mysql:8", "mariadb": "mariadb"}
    lines = {warning.partition(" has no effect")[0] for warning in settings.warnings}
    assert f"`secret_key` ({corner.file}:2)" in lines
    assert f"`auth.cloud_token` ({corner.file}:4)" in lines
    assert f"`database_tools.mysql.mysqldump` ({corner.file}:11)" in lines
    assert settings.mysql_programs == Programs(
        Path("/bin"), f"`database_tools.mysql.mysql` ({corner.file}:11)"
    )
    assert "canary" not in f"{settings.warnings} {settings.effective}"


def test_yaml_merge_keys_share_a_part_between_targets(corner: Corner) -> None:
    settings = corner.load("""
        targets:
          a: &base
            environment: staging
            sso_groups: [dev]
          b:
            <<: *base
            environment: production
    """)
    assert settings.target("b").groups == ("dev",)
    assert settings.target("b").environment == "production"


@pytest.mark.parametrize(
    ("access", "secret"),
    [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),
        ("AWS_ACCESS_KEY", "AWS_SECRET"),
    ],
)
def test_credentials_come_from_the_environment_when_the_profile_has_none(
    corner: Corner, access: str, secret: str
) -> None:
    corner.set(**{access: "one", secret: "two", "AWS_REGION": "eu-west-1"})
    settings = corner.load("""
        storage_profiles:
          open: {provider: s3, bucket: b}
          own: {provider: s3, bucket: b, region: us-east-1, access_key: three, secret_key: four}
    """)
    found, own = settings.profile("open"), settings.profile("own")
    assert [*credentials(found), found.region] == ["one", "two", "eu-west-1"]
    assert [*credentials(own), own.region] == ["three", "four", "us-east-1"]
    origins = {one.key: (one.value, one.origin) for one in settings.effective}
    assert origins["storage_profiles.open.secret_key"] == ("********", secret)


def test_a_profile_that_nobody_knows_is_answered_with_the_closest(corner: Corner) -> None:
    settings = corner.load(
        "targets: {a: {storage_profile: team}}\nstorage_profiles: {team: {provider: local, path: p}}"
    )
    with pytest.raises(ConfigInvalid) as caught:
        settings.profile("taem")
    assert "`team`" in caught.value.hint
