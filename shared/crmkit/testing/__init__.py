"""The pytest plugin: a house of real services on a real database and a real broker."""
