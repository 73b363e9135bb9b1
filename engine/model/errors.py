"""Everything that can go wrong, sorted by exit code.

10s configuration and unknown names, 20s rules, 30s safety, 40s databases and their client tools,
50s storage, 60s sharing, 70s jobs and the record, 130 cancelled. Anything that is not an
`EngineError` is our own bug: code `internal`, exit code 1.

Messages are lower case, name one cause, put values in backticks and end without a full stop. A hint
is a sentence that names the next act. Neither ever holds a secret or a value out of a table.
"""

from typing import ClassVar

from .json import Json


class EngineError(Exception):
    """A failure that a person or an agent can act on."""

    code: ClassVar[str]
    exit_code: ClassVar[int]
    retryable: ClassVar[bool] = False
    default_hint: ClassVar[str] = ""

    def __init__(self, message: str, hint: str = "", **details: Json) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.details = details

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (_rebuild, (type(self), self.message, self.hint, self.details))


def _rebuild(kind: type[EngineError], message: str, hint: str, details: dict[str, Json]) -> EngineError:
    return kind(message, hint, **details)


class ConfigInvalid(EngineError):
    """The configuration holds a value that cannot be used."""

    code, exit_code = "config-invalid", 10
    default_hint = "Correct the value, then run `snapharbor config check`."


class ConfigMissing(EngineError):
    """No configuration, or no value where one is needed."""

    code, exit_code = "config-missing", 11
    default_hint = "Run `snapharbor config init`, or name the file with --config or SNAPHARBOR_CONFIG."


class SecretUnset(EngineError):
    """An environment variable, file or keyring entry that the configuration refers to does not exist."""

    code, exit_code = "secret-unset", 12
    default_hint = "Set the variable, file or keyring entry that the message names."


class TargetUnknown(EngineError):
    """No target of that name is configured."""

    code, exit_code = "target-unknown", 13
    default_hint = "List the names with `list_targets` or `snapharbor targets`."


class SnapshotUnknown(EngineError):
    """No snapshot answers to that id, prefix or index."""

    code, exit_code = "snapshot-unknown", 14
    default_hint = "List them with `list_snapshots` or `snapharbor snapshots`."


class JobUnknown(EngineError):
    """No job has that id, or it belongs to somebody else."""

    code, exit_code = "job-unknown", 15
    default_hint = "List jobs with `snapharbor jobs`."


class ArgumentInvalid(EngineError):
    """An argument of a call is unknown, missing, or of the wrong form."""

    code, exit_code = "argument-invalid", 16
    default_hint = "Correct the argument that the message names and call again."


class RulesMissing(EngineError):
    """Sanitizing was asked for and there is no SQL to do it with."""

    code, exit_code = "rules-missing", 20
    default_hint = "Set sanitize.query_file or sanitize.mask; `snapharbor suggest NAME` writes first rules."


class RuleSyntax(EngineError):
    """A rule cannot be parsed, so nothing runs."""

    code, exit_code = "rule-syntax", 21
    default_hint = "Correct the SQL at the line that the message names."


class RuleRefused(EngineError):
    """A rule does something that rules may not do."""

    code, exit_code = "rule-refused", 22
    default_hint = "Rules are UPDATE, DELETE, TRUNCATE, INSERT and WITH on tables of the target."


class RuleFailed(EngineError):
    """The database refused a rule, or a constraint does not hold afterwards; no sanitized snapshot exists."""

    code, exit_code = "rule-failed", 23
    default_hint = "Correct the rule that the message names; nothing was kept of this run."


class RuleLeaks(EngineError):
    """Original values were found in the sanitized snapshot, or parts of it could not be searched for them."""

    code, exit_code = "rule-leaks", 24
    default_hint = "Mask the columns that the message names and sanitize again; docs/proof.md explains hits."


class RulesBlocked(EngineError):
    """Findings about rules, or about columns that they leave out, stop sanitizing or sharing."""

    code, exit_code = "rules-blocked", 25
    default_hint = "Correct the rules; `sanitize.keep` and `sanitize.accept` take reasons for what may stay."


class DestinationProtected(EngineError):
    """The place is a source, protected, a standby or the server's own, and nothing may be loaded there."""

    code, exit_code = "destination-protected", 30
    default_hint = "Load into another database. A configured source can never be a destination."


class SnapshotUnsanitized(EngineError):
    """The snapshot holds raw data, and raw data cannot be shared or loaded without being asked for."""

    code, exit_code = "snapshot-unsanitized", 31
    default_hint = "Sanitize it first with `sanitize_snapshot` or `snapharbor sanitize NAME`."


class ConfirmationRequired(EngineError):
    """The call overwrites, exposes or deletes something and was not confirmed."""

    code, exit_code = "confirmation-required", 32
    default_hint = "Read the plan, then call again with its confirmation (or --yes)."


class ConfirmationInvalid(EngineError):
    """The confirmation is unknown, used, expired, or belongs to another plan."""

    code, exit_code = "confirmation-invalid", 33
    default_hint = "Call without a confirmation to see the plan as it is now, then confirm that one."


class ReadOnlyMode(EngineError):
    """This process was started read-only."""

    code, exit_code = "read-only", 34
    default_hint = "Start it without --read-only to allow this."


class DatabaseUnreachable(EngineError):
    """The database server does not answer, or the connection was lost."""

    code, exit_code, retryable = "database-unreachable", 40, True
    default_hint = "Check host, port, network and that the server runs."


class DatabaseRefused(EngineError):
    """The server refused the login: password, role, database, TLS or access rule."""

    code, exit_code = "database-refused", 41
    default_hint = "Check user, password and TLS options of the URL."


class ClientMissing(EngineError):
    """A client program is not installed where it was looked for."""

    code, exit_code = "client-missing", 42
    default_hint = "Install the PostgreSQL client tools or `snapharbor[embedded]`, or start Docker."


class ClientTooOld(EngineError):
    """The client program is older than the server, and would refuse it."""

    code, exit_code = "client-too-old", 43
    default_hint = "Install client tools of the server's major version or newer."


class PrivilegeMissing(EngineError):
    """The role may not do what is needed."""

    code, exit_code = "privilege-missing", 44
    default_hint = "Grant what the message names; the guide on privileges has the scripts."


class SourceUnsuitable(EngineError):
    """The source cannot be read consistently the way it is reached or set up."""

    code, exit_code = "source-unsuitable", 45
    default_hint = "Connect to the server itself instead of the pooler, with a role that sees every row."


class DatabaseFailed(EngineError):
    """A database statement or a client program failed in the middle of its work."""

    code, exit_code = "database-failed", 46
    default_hint = "Read the server's message; nothing half-made was kept."


class TimedOut(EngineError):
    """A lock, statement or snapshot took longer than its limit."""

    code, exit_code, retryable = "timed-out", 47, True
    default_hint = "Try when the database is quieter, or raise the limit in the configuration."


class StorageUnreachable(EngineError):
    """The storage does not answer."""

    code, exit_code, retryable = "storage-unreachable", 50, True
    default_hint = "Check endpoint, network and bucket, then run the same command: what was stored is kept."


class StorageRefused(EngineError):
    """The storage refused the credentials or the operation."""

    code, exit_code = "storage-refused", 51
    default_hint = "Check the profile's credentials and its rights on the bucket."


class ObjectMissing(EngineError):
    """An object that should be in the storage is not there."""

    code, exit_code = "object-missing", 52
    default_hint = "Run `snapharbor verify` to learn which snapshots are affected."


class SnapshotCorrupt(EngineError):
    """Stored bytes are not what was written, or a signature does not hold."""

    code, exit_code = "snapshot-corrupt", 53
    default_hint = "Do not use it: build again, and look into who or what changed the storage."


class KeyMissing(EngineError):
    """None of the keys at hand opens this repository or share."""

    code, exit_code = "key-missing", 54
    default_hint = "Configure the identity that it was encrypted to (keys.identity)."


class SpaceExhausted(EngineError):
    """A disk or a quota is full."""

    code, exit_code, retryable = "space-exhausted", 55, True
    default_hint = "Free space or move `defaults.working_directory`, then run the same command again."


class FormatUnknown(EngineError):
    """A newer version of this program wrote it, in a format that this one does not read."""

    code, exit_code = "format-unknown", 56
    default_hint = "Update Snapharbor, then run the same command again."


class SignerUntrusted(EngineError):
    """It was signed, and by somebody who is not trusted here."""

    code, exit_code = "signer-untrusted", 57
    default_hint = (
        "If it is a colleague's key, or your own former one, add it to `keys.trusted`; else do not use it."
    )


class ShareUnknown(EngineError):
    """No share has that id, or it was revoked."""

    code, exit_code = "share-unknown", 60
    default_hint = "Ask the sender for a new link."


class ShareExpired(EngineError):
    """The link's time is over."""

    code, exit_code = "share-expired", 61
    default_hint = "Ask the sender for a new link."


class RecipientUnknown(EngineError):
    """A share names a group or person without a public key."""

    code, exit_code = "recipient-unknown", 62
    default_hint = "Add the public key under `recipients` in the configuration."


class NotAuthorized(EngineError):
    """The caller may not do this."""

    code, exit_code = "not-authorized", 63
    default_hint = "Sign in, or ask the owner of the target for access."


class JobConflict(EngineError):
    """Another job works on the same thing right now."""

    code, exit_code, retryable = "job-conflict", 70, True
    default_hint = "Wait for the job that the message names, or cancel it."


class AuditBroken(EngineError):
    """The audit chain does not hold: a record was changed or removed."""

    code, exit_code = "audit-broken", 71
    default_hint = "Keep the file as evidence and compare it with an exported copy."


class JobFailed(EngineError):
    """The worker of a job ended without telling why."""

    code, exit_code, retryable = "job-failed", 72, True
    default_hint = "Run it again; the log of the job names what was seen last."


class HookFailed(EngineError):
    """A program of the target's hooks is not there, or ended with another code than 0."""

    code, exit_code = "hook-failed", 73
    default_hint = "Run the program by hand, and correct it or `hooks` of the target."


class Cancelled(EngineError):
    """Somebody cancelled it."""

    code, exit_code, retryable = "cancelled", 130, True
    default_hint = "Nothing half-made was kept; run it again when you want."


def every_error() -> tuple[type[EngineError], ...]:
    """Return all error classes, by exit code."""
    return tuple(sorted(EngineError.__subclasses__(), key=lambda kind: kind.exit_code))
