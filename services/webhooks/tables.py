"""The registry of this service's tables."""

from crmkit.db.tables import Record, tables


class Row(Record, registry=tables()):
    """Base of every table of this service."""
