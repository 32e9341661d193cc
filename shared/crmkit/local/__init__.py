"""The embedded default: PostgreSQL, the broker and every service, without a container."""
