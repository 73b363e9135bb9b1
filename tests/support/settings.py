"""A corner of its own for tests of the configuration: a home, and no variables of this machine."""

import os
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from snapharbor.engine.model.errors import EngineError
from snapharbor.engine.model.settings import Settings
from snapharbor.engine.settings.load import load_settings


@dataclass(frozen=True, slots=True)
class Corner:
    """A home directory that is the current directory too."""

    home: Path
    patch: pytest.MonkeyPatch

    @property
    def file(self) -> Path:
        """The configuration in the current directory."""
        return self.home / "snapharbor.yml"

    def write(self, text: str | bytes) -> Path:
        """Write the configuration, 0600."""
        content = text if isinstance(text, bytes) else dedent(text).encode()
        self.file.write_bytes(content)
        self.file.chmod(0o600)
        return self.file

    def load(self, text: str | bytes) -> Settings:
        """Write and load it."""
        return load_settings(self.write(text))

    def refusal(self, text: str | bytes) -> EngineError:
        """Write it and return why it is refused."""
        with pytest.raises(EngineError) as caught:
            self.load(text)
        return caught.value

    def secret(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file beside the configuration."""
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def set(self, **variables: str) -> None:
        """Set environment variables."""
        for name, value in variables.items():
            self.patch.setenv(name, value)


@pytest.fixture
def corner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corner:
    """Return an empty corner; the test reads nothing of this machine's user."""
    for name in list(os.environ):
        if name.startswith(("SNAPHARBOR_", "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return Corner(tmp_path, monkeypatch)
