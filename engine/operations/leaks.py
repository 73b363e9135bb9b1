"""What the search of a sanitized snapshot found, as an answer and as a refusal."""

from ..model.errors import RuleLeaks
from ..model.json import JsonObject
from ..model.plan import Effect
from ..model.proof import LeakScan
from ..model.snapshot import SanitizedSnapshot, Snapshot

FEW = 20


def refuse_leaks(snapshot: SanitizedSnapshot) -> None:
    """Refuse a snapshot that originals were found in, or that was not searched to its end.

    Raises:
        RuleLeaks: the details name every place.
    """
    found = leaks_of(snapshot)
    if found is not None:
        raise found


def leaks_of(snapshot: Snapshot) -> RuleLeaks | None:
    """Return why a snapshot counts as leaking, None if it does not; originals are not asked."""
    done = snapshot.manifest.sanitization
    if done is None:
        return None
    if done.scan is None:
        return RuleLeaks(f"`{snapshot.id}` was not searched for originals", "Sanitize it again.")
    scan = done.scan
    if scan.passed:
        return None
    places = [str(hit) for hit in scan.open_hits]
    first = places[0] if places else scan.unread[0]
    more = len(places) + len(scan.unread) - 1
    return RuleLeaks(
        f"`{snapshot.id}` is not clean: {first}{f', and {more} more' if more else ''}",
        snapshot=snapshot.id,
        hits=[{"fingerprint": hit.fingerprint, "found": str(hit)} for hit in scan.open_hits[:FEW]],
        unread=list(scan.unread[:FEW]),
    )


def exposed(snapshot: Snapshot, where: str) -> tuple[Effect, ...]:
    """Return what becomes readable somewhere that should perhaps not: raw data, or leaks."""
    manifest = snapshot.manifest
    if manifest.kind == "original":
        return (
            Effect("exposes", f"RAW data of `{manifest.target}`, never sanitized, to whoever reads {where}"),
        )
    found = leaks_of(snapshot)
    return (Effect("exposes", f"to whoever reads {where}: {found.message}"),) if found else ()


def calling_home(snapshot: Snapshot) -> tuple[str, ...]:
    """Return a warning for everything in a sanitized snapshot that reaches outside once it is loaded."""
    done = snapshot.manifest.sanitization
    found = done.scan.calls_home if done and done.scan else ()
    return tuple(f"calls home: {one.what} `{one.name}`: {one.why}" for one in found if not one.neutralised)


def told(scan: LeakScan) -> JsonObject:
    """Return a search as JSON: whether it passed, what was searched, and what was found."""
    return {
        "passed": scan.passed,
        "originals": scan.originals,
        "columns": len(scan.masked),
        "cells": scan.cells,
        "bytes": scan.bytes,
        "definitions": scan.definitions,
        "large_objects": scan.large_objects,
        "by_chance": scan.chance,
        "skipped": dict(scan.skipped),
        "hits": [
            {
                "fingerprint": hit.fingerprint,
                "place": hit.place,
                "column": hit.column,
                "kind": hit.kind,
                "count": hit.count,
                "accepted": hit.fingerprint in scan.accepted,
            }
            for hit in scan.hits
        ],
        "unread": list(scan.unread),
        "calls_home": [
            {"what": one.what, "name": one.name, "why": one.why, "neutralised": one.neutralised}
            for one in scan.calls_home
        ],
        "seconds": scan.seconds,
    }
