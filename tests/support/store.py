"""The command with keys and storages of its own and no database: snapshots are put there by the tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from snapharbor.engine.harbor import Harbor
from snapharbor.engine.model.snapshot import Manifest, Snapshot

from .cli import Command, Ran, written
from .repository import Person, build, somebody

ROWS = b"1\tann@real.example\n2\tben@real.example\n"


@dataclass
class Store:
    """A configuration in a directory: the keys of one person, a storage profile `team`, and more lines."""

    directory: Path
    person: Person = field(default_factory=somebody)
    previous: Sequence[Person] = ()
    lines: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def file(self) -> Path:
        """The configuration."""
        return self.directory / "snapharbor.yml"

    def __call__(self, *arguments: str) -> Ran:
        """Run the command under the configuration as it is now."""
        self.configure()
        return Command(self.directory, self.variables).here(*arguments)

    def configure(self) -> None:
        """Write the configuration."""
        former = [one.identity.reveal() for one in self.previous]
        written(self.directory / "identity.txt", [self.person.identity.reveal()])
        written(self.directory / "previous.txt", former)
        written(self.directory / "signing.pem", [self.person.signing_key.reveal()])
        keys = ["identity: 'secret:file:identity.txt'", "signing: 'secret:file:signing.pem'"]
        keys += ["previous: 'secret:file:previous.txt'"] if former else []
        settings = [
            f"keys: {{{', '.join(keys)}}}",
            f"defaults: {{working_directory: {self.directory}/data}}",
            f"storage_profiles: {{team: {{provider: local, path: {self.directory}/team}}}}",
            *self.lines,
        ]
        written(self.file, settings)

    def add(self, wanted: Manifest, *, profile: str | None = None, rows: bytes = ROWS) -> Snapshot:
        """Put a snapshot into a storage."""

        async def work() -> Snapshot:
            async with Harbor.open(self.file) as harbor:
                return await build(harbor.services.repository(profile), wanted, rows)

        self.configure()
        return anyio.run(work)

    def manifest_of(self, snapshot: str, profile: str | None = None) -> Path:
        """Return where a snapshot's manifest is kept."""
        storage = self.directory / (profile or "data/snapshots")
        return storage / "snapshots" / snapshot / "manifest"
