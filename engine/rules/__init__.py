"""SQL text in, rules and findings out. The only room that imports sqlglot."""
