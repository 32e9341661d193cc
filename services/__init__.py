"""The services of Dealstream: each owns its database, its API and its events."""
