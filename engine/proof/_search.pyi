"""What `_search.c` has: the classes of hashing.py and reference.py, compiled."""

from .hashing import Confirmer as Confirmer
from .hashing import Gatherer as Gatherer
from .hashing import lookup3 as lookup3
from .hashing import mark as mark
from .reference import Searcher as Searcher
