"""Snapshots as content-addressed, compressed, encrypted chunks and one signed manifest, written last."""
