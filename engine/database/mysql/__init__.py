"""MySQL and MariaDB: a database of such a server is one schema to us."""
