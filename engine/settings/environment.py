"""The environment of this process: read here and nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path

from ..model.errors import ConfigMissing

PREFIX = "SNAPHARBOR_"
CONFIG = "SNAPHARBOR_CONFIG"
NAME = "snapharbor.yml"

Environment = Mapping[str, str]


def environment() -> Environment:
    """Return the variables of this process."""
    return os.environ


def user_file() -> Path:
    """Return where a user's own configuration is, `~/.config/snapharbor/snapharbor.yml`."""
    return Path.home() / ".config" / "snapharbor" / NAME


def find_file(argument: Path | None) -> Path | None:
    """Return the configuration that counts; first hit wins, files are not merged.

    Argument, then SNAPHARBOR_CONFIG, `./snapharbor.yml`, the user's own; None is the environment only.

    Raises:
        ConfigMissing: a file was asked for by name and is not there.
    """
    named = [(argument, "--config"), (environment().get(CONFIG), CONFIG)]
    for asked, by in named:
        if asked:
            path = Path(asked).expanduser().absolute()
            if not path.is_file():
                raise ConfigMissing(f"there is no file `{path}`, which {by} names", file=str(path))
            return path
    return next((path for path in (Path.cwd() / NAME, user_file()) if path.is_file()), None)
