"""The one Alembic environment; a service's `migrations/` holds only revisions."""
