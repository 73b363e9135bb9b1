"""The full-screen terminal: what `snapharbor ui` shows."""
