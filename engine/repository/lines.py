"""How many lines there are in a block: compiled where there was a compiler, else in plain Python."""

__all__ = ["count_lines"]

try:
    from ._lines import count_lines
except ImportError:

    def count_lines(block: bytes | memoryview, /) -> int:
        """Return the number of newlines."""
        return bytes(block).count(b"\n")
