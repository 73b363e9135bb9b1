"""The report on a sanitized snapshot as one page that needs nothing else."""

from ..model.attested import Attested
from .markup import Html, element, facts, foot, joined, mono, page, prose, table
from .picture import bar
from .proof import searched, taken, verdict
from .stories import WHERE, kinds_of


def render(told: Attested) -> str:
    """Return the page; everything out of a database is escaped."""
    title = f"{told.manifest.target}: proof of {told.manifest.id}"
    return page(title, _head(told), _search(told), _columns(told), _tables(told), _accepted(told), foot())


def _head(told: Attested) -> Html:
    manifest, done = told.manifest, told.done
    known = {
        "Snapshot": manifest.id,
        "Made": f"{manifest.created_at[:16].replace('T', ' ')} UTC by {manifest.made_by}, {manifest.tool}",
        "Source": f"{manifest.engine} {manifest.server_version}, {manifest.source}",
        "Rules": f"{done.statements:,} statements of {done.tier}, SHA-256 {done.digest}",
        "Plan": done.plan,
        "Manifest": f"SHA-256 {told.sha256}",
        "Signed by": told.signed_by,
        **({"Sent by": told.sent_by} if told.sent_by else {}),
    }
    return element(
        "header",
        element("div", "What was done to a snapshot, and what a search of it found", css="soft"),
        element("h1", manifest.target),
        element("p", verdict(told), css=f"card verdict {'go' if told.scan.passed else 'stop'}"),
        facts(known),
    )


def _search(told: Attested) -> Html:
    scan = told.scan
    hits = [
        (prose(str(hit)), "accepted" if taken(told, hit) else "leak", mono(hit.fingerprint))
        for hit in scan.hits
    ]
    home = [
        (f"{one.what} ", mono(one.name), one.why, "made harmless here" if one.neutralised else "as it was")
        for one in scan.calls_home
    ]
    sentences = element("ul", *(element("li", prose(sentence)) for sentence in searched(told)))
    found = [table(("Found", "State", "Fingerprint"), hits, css="card")] if hits else []
    if home:
        told_home = table(("What", "Name", "Why", "Now"), home, css="card")
        found.append(joined(element("h3", "Would reach outside once it is loaded"), told_home))
    return element("section", element("h2", "The search for originals"), sentences, *found, id="search")


def _columns(told: Attested) -> Html:
    return element(
        "section", element("h2", "What became of the columns"), bar(kinds_of(told.done)), id="columns"
    )


def _tables(told: Attested) -> Html:
    rows = {str(table.name): table.rows for table in told.manifest.tables}
    listed = (
        (mono(name), WHERE[how], f"{rows[name]:,}" if name in rows else "")
        for name, how in told.done.tables.items()
    )
    parts = (element("h2", "Where the rules ran"), table(("Table", "How", "Rows"), listed, css="card"))
    return element("section", *parts, id="tables")


def _accepted(told: Attested) -> Html:
    if not told.done.accepted:
        return Html()
    rows = ((mono(one.fingerprint), one.reason, one.author) for one in told.done.accepted)
    parts = (element("h2", "Accepted"), table(("Fingerprint", "Reason", "By"), rows, css="card"))
    return element("section", *parts, id="accepted")
