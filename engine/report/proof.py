"""What was done to a sanitized snapshot and what the search of it found, as JSON and as lines of text."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import cast

from ..model.attested import Attested
from ..model.json import JsonObject
from ..model.proof import Hit
from .stories import WHERE, WORDS, kinds_of
from .text import WIDTH, Indented, heading, wrapped


def as_json(told: Attested) -> JsonObject:
    """Return the whole report."""
    manifest, scan = told.manifest, told.scan
    return {
        "snapshot": manifest.id,
        "target": manifest.target,
        "created_at": manifest.created_at,
        "clean": scan.passed,
        "source": manifest.source,
        "rules": {"tier": told.done.tier, "sha256": told.done.digest, "statements": told.done.statements},
        "plan": told.done.plan,
        "strategy": told.done.tables,
        "coverage": kinds_of(told.done),
        "undecided": [finding.fingerprint for finding in told.done.undecided],
        "accepted": [cast(JsonObject, asdict(one)) for one in told.done.accepted],
        "scan": {
            **cast(JsonObject, asdict(scan)),
            "hits": [
                {
                    **cast(JsonObject, asdict(hit)),
                    "fingerprint": hit.fingerprint,
                    "accepted": taken(told, hit),
                }
                for hit in scan.hits
            ],
        },
        "manifest_sha256": told.sha256,
        "signed_by": told.signed_by,
        "sent_by": told.sent_by,
    }


def taken(told: Attested, hit: Hit) -> bool:
    """Tell whether the configuration accepted a hit."""
    return hit.fingerprint in told.scan.accepted


def verdict(told: Attested) -> str:
    """Return what the search found, in one sentence."""
    if told.scan.passed:
        more = f" but {len(told.scan.hits)} accepted" if told.scan.hits else ""
        if not told.scan.originals:
            return f"Nothing was found{more}, and no originals were looked for: rules changed none that tell."
        return f"Clean: nothing was found{more}."
    found, unread = len(told.scan.open_hits), len(told.scan.unread)
    parts = [f"original data stands in {_many(found, 'place')}"] if found else []
    parts += [f"{_many(unread, 'part')} could not be read"] if unread else []
    return f"Not clean: {' and '.join(parts)}. It cannot be shared."


def searched(told: Attested) -> Iterator[str]:
    """Yield what was looked for and where, and what was not, in sentences."""
    scan = told.scan
    yield f"Looked for {_many(scan.originals, 'original value')} of {_many(len(scan.masked), 'column')}."
    places = (
        f"{_many(scan.cells, 'cell')} of {_many(scan.tables, 'table')}",
        _many(scan.definitions, "definition"),
        _many(scan.large_objects, "large object"),
    )
    yield f"Searched {', '.join(places)}: {scan.bytes:,} bytes in {scan.seconds:.1f} s."
    yield f"By chance alone {scan.chance:g} hits were to be expected."
    for reason, count in scan.skipped.items():
        yield f"Not looked at: {count} {reason}."
    for sentence in scan.unread:
        yield f"Could not be read: {sentence}."


def lines(told: Attested, *, width: int = WIDTH) -> Iterator[str]:
    """Yield the report; no line is wider."""
    for line, hang in (*_head(told), *_search(told), *_found(told), *_done(told)):
        yield from wrapped(line, hang, width)


def _head(told: Attested) -> Iterator[Indented]:
    manifest = told.manifest
    yield (
        f"{manifest.id} of {manifest.target}, sanitized at {manifest.created_at[:16].replace('T', ' ')} UTC",
        0,
    )
    yield verdict(told), 0


def _search(told: Attested) -> Iterator[Indented]:
    yield from heading("SEARCHED")
    yield from ((f"  {sentence}", 4) for sentence in searched(told))


def _found(told: Attested) -> Iterator[Indented]:
    if told.scan.hits or told.scan.calls_home:
        yield from heading("FOUND")
    for hit in told.scan.hits:
        yield f"  {'accepted' if taken(told, hit) else 'LEAK':<9} {hit} [{hit.fingerprint}]", 12
    for one in told.scan.calls_home:
        state = ", made harmless in this snapshot" if one.neutralised else ""
        yield f"  calls home {one.what} `{one.name}`: {one.why}{state}", 12
    if told.scan.open_hits:
        yield "  Write rules for these places, or accept a finding by its fingerprint in sanitize.accept.", 2


def _done(told: Attested) -> Iterator[Indented]:
    done = told.done
    yield from heading("DONE")
    yield f"  {done.statements} statements of {done.tier}, sha256 {done.digest}", 4
    yield f"  plan {done.plan}", 4
    for way, words in WHERE.items():
        if names := [name for name, how in done.tables.items() if how == way]:
            yield f"  {', '.join(names)}: {words}", 4
    counts = ", ".join(f"{count:,} {WORDS[kind]}" for kind, count in kinds_of(done).items())
    if counts:
        yield f"  columns: {counts}", 4
    for accepted in done.accepted:
        yield f"  accepted [{accepted.fingerprint}] by {accepted.author}: {accepted.reason}", 4
    yield from heading("SIGNED")
    yield f"  manifest sha256 {told.sha256}", 4
    yield f"  by {told.signed_by}", 4
    if told.sent_by:
        yield f"  sent by {told.sent_by}", 4


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
