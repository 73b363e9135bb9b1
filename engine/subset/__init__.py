"""Foreign keys and other relations -> which rows to keep. Knows row numbers and tables, never a value."""
