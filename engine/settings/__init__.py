"""File and environment in, Settings out. The only room that reads either."""
