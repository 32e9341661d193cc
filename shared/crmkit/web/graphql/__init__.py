"""GraphQL for every service: the types rooms share, the schema and the view services build."""

from crmkit.web.graphql.below import below, extend
from crmkit.web.graphql.connections import Connection, Edge, PageInfo, connection
from crmkit.web.graphql.context import Context, Info
from crmkit.web.graphql.entities import ONLY_NAMED, Member, Reference
from crmkit.web.graphql.inputs import checked
from crmkit.web.graphql.money import Money, MoneyInput
from crmkit.web.graphql.problems import Fault, Problem
from crmkit.web.graphql.schema import make_schema
from crmkit.web.graphql.shapes import Output, filter_of, input_of, output
from crmkit.web.graphql.view import view

__all__ = [
    "ONLY_NAMED",
    "Connection",
    "Context",
    "Edge",
    "Fault",
    "Info",
    "Member",
    "Money",
    "MoneyInput",
    "Output",
    "PageInfo",
    "Problem",
    "Reference",
    "below",
    "checked",
    "connection",
    "extend",
    "filter_of",
    "input_of",
    "make_schema",
    "output",
    "view",
]
