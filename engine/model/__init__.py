"""Frozen values and errors: no input or output, nothing but the standard library."""
