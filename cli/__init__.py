"""Opens the terminal door: one file per verb."""
