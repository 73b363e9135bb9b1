"""Keyed, repeatable masks as plain SQL expressions, and templates that say which kind of data gets which."""
