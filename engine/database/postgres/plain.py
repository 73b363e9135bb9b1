"""Plain SQL of pg_dump without owners, grants, and what every database has: what pg_restore can leave out.

Lines are looked at where statements begin and nowhere else: not in the data of COPY, not in quotes.
"""

import re
from collections.abc import Iterable, Iterator

COPY = re.compile(rb"COPY [^;]* FROM stdin;\r?\n")
END_OF_COPY = re.compile(rb"\\\.\r?\n")
LEFT_OUT = re.compile(
    rb"(?:ALTER [^;]* OWNER TO [^;]+|ALTER DEFAULT PRIVILEGES [^;]+|(?:GRANT|REVOKE) [^;]+|"
    rb"SET SESSION AUTHORIZATION [^;]+|CREATE SCHEMA public|"
    rb"CREATE EXTENSION IF NOT EXISTS plpgsql [^;]+|COMMENT ON EXTENSION plpgsql [^;]+);\r?\n"
)
# What opens a stretch in which nothing is a statement, and what ends it.
OPENING = re.compile(
    rb"--[^\n]*|/\*|\bE'|'|\"|\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$|;", re.ASCII | re.IGNORECASE
)
ENDS = {
    b"/*": re.compile(rb".*?\*/", re.DOTALL),
    b"'": re.compile(rb"[^']*'"),
    b'"': re.compile(rb'[^"]*"'),
    b"e'": re.compile(rb"(?:[^'\\]|\\.)*'", re.DOTALL),
}


def without_owners(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of a dump without those that say who owns what, an empty one in their place."""
    scanner = _Scanner()
    copying = False
    for line in lines:
        if copying:
            copying = END_OF_COPY.fullmatch(line) is None
            yield line
        elif scanner.begins and LEFT_OUT.fullmatch(line):
            yield b"\n"
        else:
            copying = scanner.begins and COPY.fullmatch(line) is not None
            scanner.pass_over(line)
            yield line


class _Scanner:
    """Knows whether the next line begins a statement."""

    def __init__(self) -> None:
        self._end: re.Pattern[bytes] | None = None
        self.begins = True

    def pass_over(self, line: bytes) -> None:
        """Go over a line, or a piece of one."""
        at = 0
        begins = self.begins and self._end is None
        while at < len(line):
            if self._end is not None:
                ended = self._end.match(line, at)
                if ended is None:
                    begins = False
                    break
                at, self._end, begins = ended.end(), None, False
                continue
            opening = OPENING.search(line, at)
            between = line[at : opening.start() if opening else len(line)]
            begins = begins and not between.strip()
            if opening is None:
                break
            at, token = opening.end(), opening[0].lower()
            if token == b";":
                begins = True
            elif not token.startswith(b"--"):
                quoted = rb".*?" + re.escape(opening[0])
                self._end = re.compile(quoted, re.DOTALL) if token.startswith(b"$") else ENDS[token]
        self.begins = begins and line.endswith(b"\n")
