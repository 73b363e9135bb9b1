"""Which columns look like personal data, why, what becomes of them, and rules for those forgotten."""
