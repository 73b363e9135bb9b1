"""What `_search.c` has: the classes of reference.py, compiled."""

from .reference import Confirmer as Confirmer
from .reference import Gatherer as Gatherer
from .reference import Searcher as Searcher
from .reference import lookup3 as lookup3
from .reference import mark as mark
