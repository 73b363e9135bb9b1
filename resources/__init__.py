"""Read-only documents by URI."""
