"""The tools an agent calls: parse, call the engine, answer with a small view."""
