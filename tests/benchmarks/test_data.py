"""What the services are compared with has their tables, and their indexes to the letter."""

from typing import Any

import pytest
from sqlalchemy import Table
from sqlalchemy.schema import CreateIndex

from benchmarks.data import DIALECT, plain_table
from services.leads.lead.models import Lead
from services.opportunities.opportunity.models import Opportunity
from services.opportunities.pipeline.models import Pipeline


def indexes(table: Table) -> set[str]:
    return {str(CreateIndex(index).compile(dialect=DIALECT)) for index in table.indexes}


@pytest.mark.parametrize("cls", [Lead, Opportunity, Pipeline])
def test_an_index_of_some_rows_is_compared_with_one_of_as_many(cls: Any) -> None:
    ours = indexes(cls.__table__)
    assert ours
    assert indexes(plain_table(cls.__table__)) == ours
