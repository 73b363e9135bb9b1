"""Commands and options of the original that are none here: what to do in their place."""

from collections.abc import Mapping

ONLY_READ = "A source is only ever read. Load the file into another database: --destdb-env VARIABLE."
PRUNE = "`snapharbor prune` removes by rules: --keep-last, --keep-daily, --keep-weekly, --keep-monthly."
ELSEWHERE = "It belongs to `snapharbor load` and `snapharbor pull`."
TABLE = "Leave it out: this is always a table, or JSON with --json."
NO_CLOUD = (
    "There is no cloud to sign in to: snapshots are kept in storage_profiles, shares are sealed to keys."
)
FOUND = "Programs are found by themselves; `snapharbor config check` lists and tries them."
DESTINATION = "It belongs to the command that loads: `snapharbor load TARGET --destdb-env VARIABLE`."
PART = "Name the parts in the configuration: `snapharbor config check` tries every one of them."

COMMANDS: Mapping[str, str] = {
    "auth": NO_CLOUD,
    "dev": (
        "`snapharbor proof SNAPSHOT` shows what a sanitized copy is and was made of, `snapharbor target "
        "TARGET --info` the schemas of a source, `snapharbor config check` whether databases answer."
    ),
    "config discover": FOUND,
    "config validate": FOUND,
}
"""By the words that name a command behind `snapharbor`."""

OPTIONS: Mapping[str, str] = {
    "--nocloud": "Leave it out: there is no cloud.",
    "--verbose": "Leave it out: the plan and each stage are told anyway, as JSON lines with --json.",
    "build --cpus": "Set `cpus` of the target, or `defaults.cpus`.",
    "build --parallel-workers": "Set `cpus` of the target, or `defaults.cpus`.",
    "build --compression-level": "There is one level of compression.",
    "build --exclude-data": "Name the tables in `snapshot.tables.exclude_data` of the target.",
    "build --sanitize": "`snapharbor sanitize TARGET --new` reads and sanitizes, and stores nothing raw.",
    "config check --auto-discover": FOUND,
    "config check --save": FOUND,
    "config check --prefer-docker": "Leave it out: containers are used where programs are not installed.",
    "config check --target": PART,
    "config check --storage-profile": PART,
    "config check --storage-profiles": PART,
    "load --src_url": ONLY_READ,
    "load --source": ONLY_READ,
    "load --dst-override": "`snapharbor load TARGET --destdb-env VARIABLE` names the destination.",
    "pull --force": "Leave it out: what is there is checked, and only what is missing is fetched.",
    "target --destdb": DESTINATION,
    "target --original": ELSEWHERE,
    "target -o": ELSEWHERE,
    "target --update": "`snapharbor target TARGET --info` connects and looks.",
    "target -u": "`snapharbor target TARGET --info` connects and looks.",
    "target --cloud": "There is no cloud: the list says in which storage each snapshot is.",
    "target --noui": TABLE,
    "targets --destdb": DESTINATION,
    "targets --original": ELSEWHERE,
    "targets -o": ELSEWHERE,
    "targets --noui": TABLE,
    "snapshots --older-than": PRUNE,
    "snapshots --delete": PRUNE,
    "snapshots --tag": "The tags stand in `snapharbor snapshots --json`.",
}
"""By command and option, or by an option that no command has."""


def command_hint(path: str) -> str:
    """Return what to do in the place of a command, by what stands behind `snapharbor`."""
    return COMMANDS.get(path, "")


def option_hint(path: str, option: str) -> str:
    """Return what to do in the place of an option of a command."""
    return OPTIONS.get(f"{path} {option}".strip(), OPTIONS.get(option, ""))
