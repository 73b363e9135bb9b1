"""Reads the configuration of the original, DBSnapper, and writes one of ours."""
