"""The keys of the configuration: types, defaults, meaning. docs/configuration.md is made from this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..model.target import Provider


@dataclass(frozen=True, slots=True)
class Mark:
    """What a value is beside its type: how it is shown, and whether templates are expanded at once."""

    kind: Literal["url", "secret", "sql"]


def _split(value: object) -> object:
    """Read `a, b` as a list, which is how an environment variable says it."""
    return (
        tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value
    )


Url = Annotated[str | None, Mark("url")]
Sensitive = Annotated[str | None, Mark("secret")]
Sql = Annotated[str | None, Mark("sql")]
Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
PublicKeys = Annotated[tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}\Z")], ...], BeforeValidator(_split)]
Seconds = Annotated[int, Field(ge=0)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z")]


class Model(BaseModel):
    """Knows its keys and nothing else; a key without a value is a key that is not there.

    `former` are other spellings, from dotted path to dotted path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, regex_engine="python-re")
    former: ClassVar[Mapping[str, str]] = {}

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        """Keep values out of every traceback: some are secrets."""
        return ()

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        given = cast(dict[object, object], data)
        return {key: value for key, value in given.items() if value not in (None, "")}


class SchemaConfig(Model):
    use_default_schema: bool | None = Field(
        default=None, description="true: `public` only. false: every schema. Not set: see the lists."
    )
    include_schemas: Words = Field(default=(), description="Exact names of the schemas to take.")
    exclude_schemas: Words = Field(default=(), description="Exact names of the schemas to leave out.")
    schema_table_filters: dict[str, Words] = Field(
        default={}, description="Per schema, the only tables to take."
    )


class Tables(Model):
    include: Words = Field(default=(), description="Take only these tables (`schema.table`).")
    exclude: Words = Field(default=(), description="Leave these tables out altogether.")
    exclude_data: Words = Field(
        default=(), description="Keep the definition of these tables, leave out their rows."
    )


class Snapshot(Model):
    src_url: Url = Field(default=None, description="The source database. It is only ever read.")
    dst_url: Url = Field(default=None, description="Where snapshots are loaded. This database is replaced.")
    schema_config: SchemaConfig = Field(default=SchemaConfig(), description="Which schemas a snapshot takes.")
    tables: Tables = Field(default=Tables(), description="Which tables a snapshot takes.")


class AcceptedModel(Model):
    fingerprint: str = Field(
        pattern="^[0-9a-f]{16}$", description="The finding, by the fingerprint that is shown."
    )
    reason: str = Field(min_length=1, description="Why it is no harm.")
    author: str = Field(min_length=1, description="Who says so.")


class Sanitize(Model):
    dst_url: Url = Field(
        default=None,
        description="Server for private copies; it may hold no source. Not set: a private, short-lived one.",
    )
    query_file: str | None = Field(default=None, description="File with the sanitization SQL (third tier).")
    override_query: Sql = Field(default=None, description="Sanitization SQL of this target (first tier).")
    mask: dict[str, str] = Field(
        default={}, description="Masks by `table.column` or `schema.table.column`, applied after the SQL."
    )
    storage_profile: str | None = Field(default=None, description="Where sanitized snapshots go.")
    allow_unsafe: bool = Field(
        default=False, description="Accept statements that the analysis cannot vouch for."
    )
    policy: Literal["warn", "require"] | None = Field(
        default=None,
        description="Columns that look personal and that nobody decided on: `require` stops sanitizing, "
        "`warn` lets even sharing pass. Not set: sanitizing warns, sharing is stopped.",
    )
    keep: dict[str, str] = Field(
        default={}, description="Reasons for columns that stay as they are, by `schema.table.column`."
    )
    accept: tuple[AcceptedModel, ...] = Field(default=(), description="Findings that do not stop anything.")
    neutralise: bool = Field(
        default=False,
        description="Leave out of sanitized snapshots what reaches other servers or runs by itself, and the "
        "rows of outbox tables.",
    )


class SubsetTable(Model):
    table: str = Field(description="The table, `schema.table`.")
    where: str | None = Field(default=None, description="SQL condition on its rows.")
    percent: float | None = Field(
        default=None, gt=0, le=100, description="So many of a hundred rows, always the same ones."
    )


class AddedRelationship(Model):
    fk_table: str = Field(description="The table that refers, `schema.table`.")
    fk_columns: Words = Field(description="Its columns that refer, in order.")
    ref_table: str = Field(description="The table that is referred to.")
    ref_columns: Words = Field(description="Its columns, in the same order.")
    where: str | None = Field(
        default=None, description="SQL condition on rows of `fk_table`: for which of them it counts."
    )
    fk_path: str | None = Field(
        default=None, description="Where in the one column, a JSON document, what refers stands: `$.user.id`."
    )


class ExcludedRelationship(Model):
    fk_table: str = Field(description="The table that refers.")
    ref_table: str = Field(description="The table that is referred to.")


class SubsetModel(Model):
    src_url: Url = Field(default=None, description="The source, where `snapshot.src_url` does not say it.")
    dst_url: Url = Field(default=None, description="Where `subset --into` loads it. It is replaced.")
    subset_tables: tuple[SubsetTable, ...] = Field(
        default=(), description="Rows to begin with: of each entry `table`, and either `where` or `percent`."
    )
    copy_tables: Words = Field(default=(), description="Tables to take whole (`schema.table`).")
    excluded_tables: Words = Field(
        default=(), description="Tables to take no row of; what refers to them becomes NULL."
    )
    added_relationships: tuple[AddedRelationship, ...] = Field(
        default=(),
        description="Relations that no foreign key declares: `fk_table`, `fk_columns`, `ref_table`, "
        "`ref_columns`, maybe `where` and `fk_path`.",
    )
    excluded_relationships: tuple[ExcludedRelationship, ...] = Field(
        default=(),
        description="Foreign keys not to follow, by `fk_table` and `ref_table`; their columns become NULL.",
    )
    referencing: Literal["every", "any", "none"] = Field(
        default="every",
        description="Which rows come that refer to rows taken: where every reference to a table that is cut "
        "down is kept, where any is, or none.",
    )
    max_rows: int | None = Field(
        default=None, ge=0, description="Most rows to choose of any table, those that others need left aside."
    )
    row_budgets: dict[str, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="The same of single tables, by `schema.table`."
    )
    batch_size: int = Field(default=100_000, ge=1, description="Rows in one question to the source.")


class ShareTarget(Model):
    former: ClassVar[Mapping[str, str]] = {"storage_profile": "storage_profile_name"}
    dst_url: Url = Field(default=None, description="Where a snapshot that others shared is loaded.")
    storage_profile_name: str | None = Field(
        default=None, description="The storage where they are. Not set: this machine, with what was pulled."
    )


class TargetLimits(Model):
    connect_timeout: Seconds | None = Field(default=None, description="Seconds to wait for a connection.")
    lock_timeout: Seconds | None = Field(
        default=None, description="Seconds to wait for a lock on the source."
    )
    statement_timeout: Seconds | None = Field(
        default=None, description="Seconds a statement may run; 0 is no limit."
    )
    max_snapshot_age: Seconds | None = Field(
        default=None, description="Seconds a build may hold its consistent view."
    )


class Limits(Model):
    connect_timeout: Seconds = Field(default=10, description="Seconds to wait for a connection.")
    lock_timeout: Seconds = Field(default=10, description="Seconds to wait for a lock on a source.")
    statement_timeout: Seconds = Field(default=0, description="Seconds a statement may run; 0 is no limit.")
    max_snapshot_age: Seconds = Field(
        default=0, description="Seconds a build may hold its consistent view; 0: any."
    )


class HooksModel(Model):
    before_build: Words = Field(
        default=(),
        description="Program and arguments, run before the source is read; if it fails, nothing is.",
    )
    after_load: Words = Field(
        default=(), description="Program and arguments, run after a snapshot was loaded."
    )


class TargetModel(Model):
    former: ClassVar[Mapping[str, str]] = {"snapshot.storage_profile": "storage_profile"}
    name: str | None = Field(default=None, description="Name to show. Not set: the key.")
    cpus: int | None = Field(default=None, ge=1, description="Parallel workers. Not set: `defaults.cpus`.")
    snapshot: Snapshot = Field(
        default=Snapshot(), description="What is taken from where, and where it is loaded."
    )
    storage_profile: str | None = Field(
        default=None, description="Where originals go. Not set: this machine only."
    )
    sanitize: Sanitize | None = Field(default=None, description="How snapshots are sanitized.")
    subset: SubsetModel | None = Field(default=None, description="Which rows a subset takes.")
    share: ShareTarget | None = Field(default=None, description="A target without source: what others share.")
    limits: TargetLimits = Field(default=TargetLimits(), description="Limits of this target.")
    hooks: HooksModel = Field(default=HooksModel(), description="Programs of yours that run around its jobs.")
    sso_groups: Words = Field(default=(), description="Groups that may see its sanitized snapshots.")
    environment: str | None = Field(default=None, description="What the source is: production, staging, …")
    keep_previous: bool | None = Field(default=None, description="Keep the replaced database after a load.")
    protected: bool = Field(default=False, description="Never load into its destination.")


class ProfileModel(Model):
    former: ClassVar[Mapping[str, str]] = {
        "type": "provider",
        "access_key_id": "access_key",
        "secret_access_key": "secret_key",
        "endpoint_url": "endpoint",
    }
    provider: Provider = Field(description="Which kind of storage.")
    path: str | None = Field(default=None, description="Directory, for `local`.")
    bucket: str | None = Field(default=None, description="Bucket, for all others.")
    prefix: str = Field(default="", description="Begin of every object's key.")
    region: str | None = Field(default=None, description="Region. Needed for `s3` with explicit keys.")
    endpoint: str | None = Field(
        default=None, description="Address of the service. Needed for `minio`, `dospaces`."
    )
    account_id: str | None = Field(default=None, description="Account, for `r2`: makes the endpoint.")
    awscli_profile: str | None = Field(default=None, description="Profile of the AWS configuration.")
    access_key: Sensitive = Field(
        default=None, description="Access key id. Not set: environment, then AWS profile."
    )
    secret_key: Sensitive = Field(default=None, description="Secret access key.")
    session_token: Sensitive = Field(default=None, description="Session token of temporary credentials.")


class RecipientModel(Model):
    public_key: str = Field(pattern="^age1[a-z0-9]{58}$", description="The age public key (`age1…`).")
    groups: Words = Field(default=(), description="Groups that this recipient belongs to.")


class Defaults(Model):
    working_directory: str = Field(
        default="~/.snapharbor", description="Local snapshots, ledger, scratch space."
    )
    cpus: int = Field(default=1, ge=1, description="Parallel workers; capped at what the machine has.")
    shared_target_dst_db_url: Url = Field(
        default=None, description="Where snapshots that others share are loaded."
    )
    keep_previous: bool = Field(default=False, description="Keep the replaced database after a load.")


class Override(Model):
    san_query: Sql = Field(default=None, description="Sanitization SQL for every target (second tier).")
    dst_db_url: Url = Field(default=None, description="Takes the place of every load destination.")


class Keys(Model):
    identity: Sensitive = Field(
        default=None, description="age identity: encrypts snapshots and `enc:` values."
    )
    previous: Annotated[Words, Mark("secret")] = Field(
        default=(), description="Former identities, still able to read."
    )
    signing: Sensitive = Field(default=None, description="Ed25519 private key (PEM) that signs manifests.")
    masking: Sensitive = Field(
        default=None, description="What masks are keyed with: the same key masks a value alike everywhere."
    )
    trusted: PublicKeys = Field(
        default=(), description="Public signing keys of others, and former own ones, that are trusted too."
    )


class PostgresTools(Model):
    bin: str | None = Field(default=None, description="Directory of the PostgreSQL client tools to use.")
    pg_dump: str | None = Field(default=None, description="Path of pg_dump; all three are of one directory.")
    pg_restore: str | None = Field(default=None, description="Path of pg_restore.")
    psql: str | None = Field(default=None, description="Path of psql.")


class MysqlTools(Model):
    bin: str | None = Field(default=None, description="Directory of the MySQL or MariaDB client to use.")
    mysql: str | None = Field(default=None, description="Path of mysql or mariadb.")


class DatabaseTools(Model):
    postgresql: PostgresTools = Field(
        default=PostgresTools(), description="PostgreSQL. Not set: they are found."
    )
    mysql: MysqlTools = Field(default=MysqlTools(), description="MySQL, MariaDB. Not set: they are found.")


class Images(Model):
    postgres: str = Field(
        default="postgres", description="Image of PostgreSQL; the tag is the source's version."
    )
    mysql: str = Field(default="mysql", description="Image of MySQL.")
    mariadb: str = Field(default="mariadb", description="Image of MariaDB.")


class Docker(Model):
    images: Images = Field(
        default=Images(),
        description="What client programs and private copies run in where they are not installed.",
    )


class Sharing(Model):
    seconds: int = Field(
        default=900, ge=1, le=604_800, description="How long a share is open, at most seven days."
    )
    serve_url: str = Field(
        default="http://127.0.0.1:8787", description="Where `snapharbor serve` can be reached."
    )


class Root(Model):
    """The whole configuration."""

    former: ClassVar[Mapping[str, str]] = {"working_directory": "defaults.working_directory"}
    targets: dict[Key, TargetModel] = Field(default={}, description="Databases by name.")
    storage_profiles: dict[Key, ProfileModel] = Field(default={}, description="Storages by name.")
    defaults: Defaults = Field(default=Defaults(), description="What counts where a target says nothing.")
    override: Override = Field(default=Override(), description="What counts whatever a target says.")
    keys: Keys = Field(default=Keys(), description="The user's own keys; `config init` makes them.")
    recipients: dict[Key, RecipientModel] = Field(default={}, description="Who can open shares, by name.")
    protected: Words = Field(
        default=(), description="Destinations never to touch: patterns of `host/database`."
    )
    limits: Limits = Field(default=Limits(), description="How long reading may disturb a source.")
    share: Sharing = Field(default=Sharing(), description="Links to shared snapshots.")
    keep_templates: int = Field(
        default=3, ge=0, description="Loaded snapshots of each target kept as templates for instant resets."
    )
    database_tools: DatabaseTools = Field(default=DatabaseTools(), description="Client programs.")
    docker: Docker = Field(default=Docker(), description="Containers in place of programs.")


IGNORED: Mapping[str, str] = {
    "secret_key": "keys are `keys.identity` and `keys.signing`; what it encrypted has to be written anew",
    "authtoken": "there is no cloud to sign in to",
    "auth.cloud_token": "there is no cloud to sign in to",
    "override.nocloud": "there is no cloud",
    "sso": "there is no sign-in in the configuration",
    "env": "what a source is stands in `environment` of its target",
    "debug": "there is no such log",
    "trace": "there is no such log",
    "feature_flags": "every command is there",
    "database_tools.auto_detect": "programs are found unless `database_tools` names them",
    "database_tools.mysql.mysqldump": "the server itself is asked for definitions",
}
"""What the original's configuration holds and nothing comes of here, and why; the values are never read."""

REFUSED: Mapping[str, str] = {
    "src_url": "Write it under `snapshot`.",
    "query_file": "Write it under `sanitize`.",
}
"""What to do about keys that would change what a snapshot holds."""
