"""A real S3-compatible server for tests."""
