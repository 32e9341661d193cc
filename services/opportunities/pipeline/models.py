"""Tables of the room."""

from sqlalchemy import Index
from sqlalchemy import text as sql

from crmkit.db.tables import document, text
from services.opportunities.pipeline.domain import Document
from services.opportunities.tables import Row


class Pipeline(Row, table=True):
    """销售流程 a sequence of stages; at most one of a tenant is its default."""

    __tablename__ = "pipeline"
    __table_args__ = (
        Index("pipeline_name_idx", "tenant_id", "name", "id"),
        Index("pipeline_updated_at_idx", "tenant_id", "updated_at", "id"),
        Index("pipeline_default_key", "tenant_id", unique=True, postgresql_where=sql("is_default")),
    )

    name: str = text()
    is_default: bool = False
    stages: Document = document()
