"""The search as it is at hand: compiled, or in plain Python, which finds the same and is much slower."""

from . import reference

try:
    from ._search import Confirmer, Gatherer, Searcher, lookup3, mark
except ImportError:
    from .hashing import Confirmer, Gatherer, lookup3, mark
    from .reference import Searcher

__all__ = ["Confirmer", "Gatherer", "Searcher", "compiled", "lookup3", "mark"]


def compiled() -> bool:
    """Tell whether it is the compiled one."""
    return Searcher is not reference.Searcher
