"""One database server: inspect, read, restore, execute."""
