"""What is remembered between calls: plans, jobs, shares, the audit chain."""
