"""The search as it is at hand: compiled, or in plain Python, which finds the same and is much slower."""

from . import reference

try:
    from ._search import Confirmer, Gatherer, Searcher, lookup3, mark
except ImportError:
    from .reference import Confirmer, Gatherer, Searcher, lookup3, mark

__all__ = ["Confirmer", "Gatherer", "Searcher", "compiled", "lookup3", "mark"]


def compiled() -> bool:
    """Tell whether it is the compiled one."""
    return Searcher is not reference.Searcher
