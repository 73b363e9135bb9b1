"""Containers: private servers, and client programs, for machines that have Docker and not those."""
