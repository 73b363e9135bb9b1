"""Plans running in the background: progress, cancel, heartbeat."""
