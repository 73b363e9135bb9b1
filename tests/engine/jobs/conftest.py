"""Everything here works in a working directory of its own."""

from support.workplace import services, start

__all__ = ["services", "start"]
