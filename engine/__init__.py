"""True without any agent: databases, rules, storage, and the verbs that join them."""
