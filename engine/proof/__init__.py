"""Is the finished snapshot clean? Searching it for originals, and signing what was found."""
