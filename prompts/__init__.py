"""Guided work: the text stands in .md beside each function."""
