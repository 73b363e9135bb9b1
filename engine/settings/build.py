"""The checked configuration becomes values of the model."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ..model.errors import ConfigInvalid, EngineError
from ..model.finding import Accepted
from ..model.secret import Secret
from ..model.settings import Programs, Settings, closest
from ..model.share import Recipient
from ..model.subset import Subset
from ..model.target import Hooks, Limits, Rules, Selection, Target
from ..model.url import DatabaseUrl
from .document import Block, KeyPath, invalid
from .profiles import Profiles
from .schema import Root, SubsetModel, TargetModel
from .shape import origin_of
from .subsets import Subsets, written_out

Named = TypeVar("Named")
Built = TypeVar("Built")


@dataclass(frozen=True, slots=True)
class Builder:
    """Turns one validated configuration into Settings; `tree` knows where everything stands.

    `problems` takes what is wrong with a target or a storage, which is then left out; None: it is raised.
    """

    root: Root
    tree: Block
    base: Path
    identities: tuple[Secret, ...]
    warnings: list[str]
    problems: list[EngineError] | None = None

    def settings(self, file: Path | None) -> Settings:
        """Return the Settings.

        Raises:
            ConfigInvalid: something that the schema alone cannot see; names file, line and key.
        """
        root = self.root
        profiles = Profiles(root.storage_profiles, self.tree, self.base)
        built = self._each(root.storage_profiles, lambda name, _: profiles.profile(name))
        return Settings(
            file=file,
            working_directory=self._path(root.defaults.working_directory),
            targets=self._each(root.targets, self._target),
            storage_profiles=built,
            identities=self.identities,
            signing_key=Secret(root.keys.signing or ""),
            masking_key=Secret(root.keys.masking or ""),
            trusted_keys=root.keys.trusted,
            recipients=tuple(
                Recipient(name, recipient.public_key, recipient.groups)
                for name, recipient in root.recipients.items()
            ),
            protected=root.protected,
            override_query=root.override.san_query,
            override_destination=self._url(root.override.dst_db_url, ("override", "dst_db_url")),
            shared_destination=self._shared_destination(),
            postgres_programs=self._postgres(),
            mysql_programs=self._mysql(),
            images=self.root.docker.images.model_dump(),
            share_seconds=root.share.seconds,
            serve_url=root.share.serve_url,
            keep_templates=root.keep_templates,
            effective=profiles.from_environment(),
        )

    def _each(self, models: Mapping[str, Named], build: Callable[[str, Named], Built]) -> dict[str, Built]:
        built: dict[str, Built] = {}
        for name, model in models.items():
            try:
                built[name] = build(name, model)
            except ConfigInvalid as error:
                if self.problems is None:
                    raise
                self.problems.append(error)
        return built

    def _target(self, key: str, model: TargetModel) -> Target:
        path = ("targets", key)
        share = model.share
        subset_source = model.subset.src_url if model.subset else None
        only_shared = share is not None and model.snapshot.src_url is None and subset_source is None
        if not model.model_fields_set:
            raise self._invalid(path, "says nothing", "Give it `snapshot.src_url`.")
        destination = self._url(model.snapshot.dst_url, (*path, "snapshot", "dst_url"))
        if share is not None:
            destination = destination or self._url(share.dst_url, (*path, "share", "dst_url"))
        if only_shared:
            destination = destination or self._shared_destination()
        return Target(
            key=key,
            name=model.name or key,
            type="share" if only_shared else "local",
            source=self._source(model, path),
            destination=destination,
            cpus=self._cpus(key, model),
            selection=self._selection(model, path),
            limits=self._limits(model),
            rules=self._rules(model, path),
            subset=self._subset(model.subset, (*path, "subset")),
            storage_profile=self._profile(model.storage_profile, (*path, "storage_profile")),
            share_profile=self._profile(
                share.storage_profile_name if share else None, (*path, "share", "storage_profile_name")
            ),
            groups=model.sso_groups,
            environment=model.environment,
            keep_previous=(
                self.root.defaults.keep_previous if model.keep_previous is None else model.keep_previous
            ),
            protected=model.protected,
            hooks=Hooks(self._program(model.hooks.before_build), self._program(model.hooks.after_load)),
        )

    def _source(self, model: TargetModel, path: KeyPath) -> DatabaseUrl | None:
        source = self._url(model.snapshot.src_url, (*path, "snapshot", "src_url"))
        if model.subset is None or model.subset.src_url is None:
            return source
        where = (*path, "subset", "src_url")
        own = self._url(model.subset.src_url, where)
        if source is not None and own != source:
            hint = "Leave it out, or make a target of its own for the other source."
            raise self._invalid(where, "is another source than `snapshot.src_url`", hint)
        return own

    def _subset(self, model: SubsetModel | None, path: KeyPath) -> Subset | None:
        if model is None:
            return None
        subset = Subsets(self.tree, path).subset(model)
        return replace(subset, destination=self._url(model.dst_url, (*path, "dst_url")))

    def _program(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return a program with its arguments; a relative path begins at the configuration's directory."""
        if not words or "/" not in words[0]:
            return words
        return (str(self._path(words[0])), *words[1:])

    def _rules(self, model: TargetModel, path: KeyPath) -> Rules | None:
        sanitize = model.sanitize
        if sanitize is None:
            return None
        path = (*path, "sanitize")
        return Rules(
            override_query=sanitize.override_query,
            query_file=self._query_file(sanitize.query_file, (*path, "query_file")),
            work_url=self._url(sanitize.dst_url, (*path, "dst_url")),
            storage_profile=self._profile(sanitize.storage_profile, (*path, "storage_profile")),
            allow_unsafe=sanitize.allow_unsafe,
            mask=sanitize.mask,
            policy=sanitize.policy,
            neutralise=sanitize.neutralise,
            keep=self._reasons(sanitize.keep, (*path, "keep")),
            accept=tuple(Accepted(**one.model_dump()) for one in sanitize.accept),
        )

    def _reasons(self, keep: Mapping[str, str], path: KeyPath) -> Mapping[str, str]:
        for column, reason in keep.items():
            if column.count(".") < 2 or not reason.strip():
                raise self._invalid(
                    path, f"has `{column}` without schema or reason", "Write `public.users.nick: a reason`."
                )
        return keep

    def _selection(self, model: TargetModel, path: KeyPath) -> Selection:
        schemas, tables = model.snapshot.schema_config, model.snapshot.tables
        path = (*path, "snapshot")
        for both in sorted({*schemas.include_schemas} & {*schemas.exclude_schemas}):
            where = (*path, "schema_config", "exclude_schemas")
            raise self._invalid(where, f"leaves out `{both}`, which `include_schemas` takes")
        for name in ("include", "exclude", "exclude_data"):
            for table in getattr(tables, name):
                if not all(table.partition(".")):
                    where = (*path, "tables", name)
                    raise self._invalid(where, f"has `{table}`", written_out(table))
        return Selection(
            use_default_schema=schemas.use_default_schema,
            include_schemas=schemas.include_schemas,
            exclude_schemas=schemas.exclude_schemas,
            table_filters=tuple(schemas.schema_table_filters.items()),
            include_tables=tables.include,
            exclude_tables=tables.exclude,
            exclude_data=tables.exclude_data,
        )

    def _limits(self, model: TargetModel) -> Limits:
        return Limits(**{**self.root.limits.model_dump(), **model.limits.model_dump(exclude_none=True)})

    def _cpus(self, key: str, model: TargetModel) -> int:
        asked = model.cpus or self.root.defaults.cpus
        there = os.cpu_count() or 1
        if asked > there:
            self.warnings.append(f"target `{key}` asks for {asked} cpus; this machine has {there}")
        return min(asked, there)

    def _url(self, text: str | None, path: KeyPath) -> DatabaseUrl | None:
        if not text:
            return None
        try:
            return DatabaseUrl.parse(text)
        except ConfigInvalid as error:
            raise self._invalid(path, f"cannot be used: {error.message}", error.hint) from None

    def _shared_destination(self) -> DatabaseUrl | None:
        path = ("defaults", "shared_target_dst_db_url")
        return self._url(self.root.defaults.shared_target_dst_db_url, path)

    def _profile(self, name: str | None, path: KeyPath) -> str | None:
        if name is None or name in self.root.storage_profiles:
            return name
        broken = [f"{problem.details['key']}." for problem in self.problems or ()]
        if any(key.startswith(f"storage_profiles.{name}.") for key in broken):
            raise self._invalid(path, f"needs the storage profile `{name}`, which cannot be used")
        hint = closest(name, self.root.storage_profiles, "")
        raise self._invalid(path, f"names the unknown storage profile `{name[:80]}`", hint)

    def _path(self, text: str) -> Path:
        return self.base / Path(text).expanduser()

    def _query_file(self, text: str | None, path: KeyPath) -> Path | None:
        """Find the file beside the configuration, then in the working directory as the original does."""
        if text is None:
            return None
        places = (self._path(text), self._path(self.root.defaults.working_directory) / text)
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            self.warnings.append(f"`{'.'.join(path)}` ({origin_of(self.tree, path)}): there is no `{text}`")
        return found or places[0]

    def _postgres(self) -> Programs | None:
        tools = self.root.database_tools.postgresql
        return self._programs(
            "postgresql",
            {"bin": tools.bin, "pg_dump": tools.pg_dump, "pg_restore": tools.pg_restore, "psql": tools.psql},
        )

    def _mysql(self) -> Programs | None:
        tools = self.root.database_tools.mysql
        return self._programs("mysql", {"bin": tools.bin, "mysql": tools.mysql})

    def _programs(self, engine: str, named: Mapping[str, str | None]) -> Programs | None:
        place = ("database_tools", engine)
        directories = {
            self._path(path) if key == "bin" else self._path(path).parent: (*place, key)
            for key, path in reversed([*named.items()])
            if path
        }
        if len(directories) > 1:
            raise self._invalid(
                place,
                "names programs of different directories",
                "Name programs of one installation: set `bin` alone.",
            )
        for directory, path in directories.items():
            return Programs(directory, f"`{'.'.join(path)}` ({origin_of(self.tree, path)})")
        return None

    def _invalid(self, path: KeyPath, problem: str, hint: str = "") -> ConfigInvalid:
        return invalid(path, origin_of(self.tree, path), problem, hint)
