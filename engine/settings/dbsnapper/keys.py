"""What becomes of every key of the original. Of two that say the same, the first one here counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text", "words", "tables", "entries", "url", "secret", "sql", "query", "file", "directory", "profile"
]


@dataclass(frozen=True, slots=True)
class To:
    """The key that takes its place, and what kind of value it is."""

    key: str
    kind: Kind = "text"


Gone = str
"""Why nothing takes its place: a sentence without its end."""

CLOUD = "there is no cloud to sign in to"
RECORD = "it is the cloud's own record"
HOOK = "programs are argument lists: set `hooks.{}` of the target to one"
OPTIONS = "the options of the native programs are chosen by what is asked for"
ONE_LOG = "there is no such log"

KEYS: Mapping[str, To | Gone] = {
    "secret_key": "it opened what was encrypted; fresh keys stand in `keys`",
    "authtoken": CLOUD,
    "auth.cloud_token": CLOUD,
    "env": "it named the cloud; what a source is stands in `environment` of its target",
    "debug": ONE_LOG,
    "trace": ONE_LOG,
    "docker.images.postgres": To("docker.images.postgres"),
    "docker.images.mysql": To("docker.images.mysql"),
    "database_tools.auto_detect": "programs are found unless `database_tools` names them",
    "database_tools.postgresql.pg_dump": To("database_tools.postgresql.pg_dump"),
    "database_tools.postgresql.pg_restore": To("database_tools.postgresql.pg_restore"),
    "database_tools.postgresql.psql": To("database_tools.postgresql.psql"),
    "database_tools.mysql.mysql": To("database_tools.mysql.mysql"),
    "database_tools.mysql.mysqldump": "the server itself is asked for definitions",
    "defaults.working_directory": To("defaults.working_directory", "directory"),
    "working_directory": To("defaults.working_directory", "directory"),
    "defaults.cpus": To("defaults.cpus"),
    "defaults.shared_target_dst_db_url": To("defaults.shared_target_dst_db_url", "url"),
    "override.san_query": To("override.san_query", "sql"),
    "override.dst_db_url": To("override.dst_db_url", "url"),
    "override.nocloud": "there is no cloud",
    "feature_flags": "every command is there",
    "sso": "there is no sign-in in the configuration",
    "targets.*.name": To("targets.*.name"),
    "targets.*.cpus": To("targets.*.cpus"),
    "targets.*.snapshot.src_url": To("targets.*.snapshot.src_url", "url"),
    "targets.*.src_url": To("targets.*.snapshot.src_url", "url"),
    "targets.*.snap.src_url": To("targets.*.snapshot.src_url", "url"),
    "targets.*.snapshot.dst_url": To("targets.*.snapshot.dst_url", "url"),
    "targets.*.dst_url": To("targets.*.snapshot.dst_url", "url"),
    "targets.*.snap.dst_url": To("targets.*.snapshot.dst_url", "url"),
    "targets.*.snapshot.src_bytes": RECORD,
    "targets.*.snap": "it has no keys, and what it meant is written nowhere",
    "targets.*.snapshot.schema_config.use_default_schema": To(
        "targets.*.snapshot.schema_config.use_default_schema"
    ),
    "targets.*.snapshot.schema_config.include_schemas": To(
        "targets.*.snapshot.schema_config.include_schemas", "words"
    ),
    "targets.*.snapshot.schema_config.exclude_schemas": To(
        "targets.*.snapshot.schema_config.exclude_schemas", "words"
    ),
    "targets.*.snapshot.schema_config.schema_table_filters": To(
        "targets.*.snapshot.schema_config.schema_table_filters", "tables"
    ),
    "targets.*.storage_profile": To("targets.*.storage_profile", "profile"),
    "targets.*.snapshot.storage_profile": To("targets.*.storage_profile", "profile"),
    "targets.*.sanitize.dst_url": To("targets.*.sanitize.dst_url", "url"),
    "targets.*.sanitize.override_query": To("targets.*.sanitize.override_query", "sql"),
    "targets.*.sanitize.query": To("targets.*.sanitize.override_query", "sql"),
    "targets.*.sanitize.query_file": To("targets.*.sanitize.query_file", "file"),
    "targets.*.query_file": To("targets.*.sanitize.query_file", "file"),
    "targets.*.query": To("targets.*.sanitize.override_query", "query"),
    "targets.*.sanitize.storage_profile": To("targets.*.sanitize.storage_profile", "profile"),
    "targets.*.subset.src_url": To("targets.*.subset.src_url", "url"),
    "targets.*.subset.dst_url": To("targets.*.subset.dst_url", "url"),
    "targets.*.subset.subset_tables": To("targets.*.subset.subset_tables", "entries"),
    "targets.*.subset.copy_tables": To("targets.*.subset.copy_tables", "words"),
    "targets.*.subset.excluded_tables": To("targets.*.subset.excluded_tables", "words"),
    "targets.*.subset.added_relationships": To("targets.*.subset.added_relationships", "entries"),
    "targets.*.subset.excluded_relationships": To("targets.*.subset.excluded_relationships", "entries"),
    "targets.*.subset.batch_size": To("targets.*.subset.batch_size"),
    "targets.*.share.dst_url": To("targets.*.share.dst_url", "url"),
    "targets.*.share.storage_profile_name": To("targets.*.share.storage_profile_name", "profile"),
    "targets.*.share.storage_profile": To("targets.*.share.storage_profile_name", "profile"),
    "targets.*.sso_groups": To("targets.*.sso_groups", "words"),
    "targets.*.share.sso_groups": To("targets.*.sso_groups", "words"),
    "targets.*.pre_build_script": HOOK.format("before_build"),
    "targets.*.post_load_script": HOOK.format("after_load"),
    "targets.*.exclude_tables": To("targets.*.snapshot.tables.exclude", "words"),
    "targets.*.data_only_tables": "a table's definition always comes along",
    "targets.*.compression_level": "there is one level of compression",
    "targets.*.pg_dump_options": OPTIONS,
    "targets.*.mysqldump_options": OPTIONS,
    "targets.*.id": RECORD,
    "targets.*.status": RECORD,
    "targets.*.messages": RECORD,
    "targets.*.created_at": RECORD,
    "targets.*.updated_at": RECORD,
    "storage_profiles.*.provider": To("storage_profiles.*.provider"),
    "storage_profiles.*.type": To("storage_profiles.*.provider"),
    "storage_profiles.*.bucket": To("storage_profiles.*.bucket"),
    "storage_profiles.*.prefix": To("storage_profiles.*.prefix"),
    "storage_profiles.*.region": To("storage_profiles.*.region"),
    "storage_profiles.*.account_id": To("storage_profiles.*.account_id"),
    "storage_profiles.*.endpoint": To("storage_profiles.*.endpoint"),
    "storage_profiles.*.endpoint_url": To("storage_profiles.*.endpoint"),
    "storage_profiles.*.awscli_profile": To("storage_profiles.*.awscli_profile"),
    "storage_profiles.*.access_key": To("storage_profiles.*.access_key", "secret"),
    "storage_profiles.*.access_key_id": To("storage_profiles.*.access_key", "secret"),
    "storage_profiles.*.secret_key": To("storage_profiles.*.secret_key", "secret"),
    "storage_profiles.*.secret_access_key": To("storage_profiles.*.secret_key", "secret"),
    "storage_profiles.*.id": RECORD,
    "storage_profiles.*.name": "a profile is called by its key",
    "storage_profiles.*.status": RECORD,
    "storage_profiles.*.created_at": RECORD,
    "storage_profiles.*.updated_at": RECORD,
}

VARIABLES: Mapping[str, str] = {
    "DBSNAPPER_CONFIG": "SNAPHARBOR_CONFIG",
    "DBSNAPPER_WORKING_DIR": "SNAPHARBOR_DEFAULTS__WORKING_DIRECTORY",
}
"""Variables of the original that stand for no key and have a counterpart."""

NO_VARIABLE: Mapping[str, Gone] = {
    "DBSNAPPER_NO_CONFIRM": "nothing stands for --yes but --yes",
    "DBSNAPPER_BASE_URL": CLOUD,
    "DBSNAPPER_SECRET": "it is no variable of the original either: that is DBSNAPPER_SECRET_KEY",
    "DBSNAPPER_API_TOKEN": CLOUD,
    "DBSNAPPER_TOKEN": CLOUD,
    "DB_SNAPPER_AUTHTOKEN": CLOUD,
    "DBSNAPPER_LOG_LEVEL": ONE_LOG,
    "DBSNAPPER_HTTP_DEBUG": ONE_LOG,
    "DBSNAPPER_MCP_MODE": "the server tells by itself how it was started",
}
