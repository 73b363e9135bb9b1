"""The verbs. Each has plan(), which only looks, and run(), which does what the plan says."""
