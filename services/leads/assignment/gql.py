"""GraphQL of who is given leads, and who is away."""

from uuid import UUID

import strawberry

from crmkit.web.graphql import (
    Connection,
    Info,
    Member,
    Output,
    Problem,
    checked,
    filter_of,
    input_of,
    output,
)
from services.leads.assignment import commands, models, queries
from services.leads.assignment.domain import Facts, Standing, Strategy
from services.leads.assignment.queries import ABSENCES, ASSIGNMENT_RULES
from services.leads.assignment.schemas import (
    AbsenceCreate,
    AbsenceRead,
    AbsenceUpdate,
    AssignmentRuleCreate,
    AssignmentRuleRead,
    AssignmentRuleUpdate,
    SimulateAssignment,
)
from services.leads.claim.gql import LeadCustody


@output(AssignmentRuleRead, models.AssignmentRule)
class AssignmentRule(Output):
    """分配规则 which leads go to whom."""


@output(AbsenceRead, models.Absence)
class Absence(Output):
    """休假 days on which somebody is given no leads."""

    @strawberry.field
    def owner(self) -> Member | None:
        return Member.to(vars(self)["owner_id"])


@strawberry.type
class AskedRule:
    """A rule that was asked, and whether it is for such a lead."""

    rule_id: UUID
    name: str
    fits: bool


@strawberry.type
class ConsideredMember:
    """Somebody who was thought of, and what stood against them, if anything."""

    member_id: UUID
    standing: Standing
    open: int
    today: int


@strawberry.type
class Simulation:
    """Who would get a lead now, and why."""

    rule_id: UUID | None
    strategy: Strategy | None
    pool_id: UUID | None
    member_id: UUID | None
    rules: list[AskedRule]
    members: list[ConsideredMember]


@input_of(AssignmentRuleCreate)
class AssignmentRuleCreateInput: ...


@input_of(AssignmentRuleUpdate)
class AssignmentRuleUpdateInput: ...


@input_of(AbsenceCreate)
class AbsenceCreateInput: ...


@input_of(AbsenceUpdate)
class AbsenceUpdateInput: ...


@input_of(SimulateAssignment)
class SimulateAssignmentInput: ...


@filter_of(ASSIGNMENT_RULES)
class AssignmentRuleFilter: ...


@filter_of(ABSENCES)
class AbsenceFilter: ...


@strawberry.type
class Query:
    @strawberry.field
    async def assignment_rule(self, info: Info, id: UUID) -> AssignmentRule | None:
        return await info.context.one(AssignmentRule, models.AssignmentRule, id)

    @strawberry.field
    async def assignment_rules(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: AssignmentRuleFilter | None = None,
        sort: str | None = None,
    ) -> Connection[AssignmentRule]:
        return await info.context.page(AssignmentRule, ASSIGNMENT_RULES, first, after, filter, sort)

    @strawberry.field
    async def absence(self, info: Info, id: UUID) -> Absence | None:
        return await info.context.one(Absence, models.Absence, id)

    @strawberry.field
    async def absences(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        filter: AbsenceFilter | None = None,
        sort: str | None = None,
    ) -> Connection[Absence]:
        return await info.context.page(Absence, ABSENCES, first, after, filter, sort)

    @strawberry.field
    async def simulate_assignment(self, info: Info, input: SimulateAssignmentInput) -> Simulation:
        lead = checked(SimulateAssignment, input)
        facts = Facts(lead.source, lead.region, lead.product, lead.segment_ids)
        found = await queries.simulate(info.context.reading, facts)
        return Simulation(
            rule_id=found.rule_id,
            strategy=found.strategy,
            pool_id=found.pool_id,
            member_id=found.member_id,
            rules=[AskedRule(**dict(each)) for each in found.rules],
            members=[ConsideredMember(**dict(each)) for each in found.members],
        )


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_assignment_rule(
        self, info: Info, input: AssignmentRuleCreateInput, idempotency_key: str | None = None
    ) -> AssignmentRule | Problem:
        return await info.context.change(
            AssignmentRule,
            commands.create_assignment_rule,
            checked(AssignmentRuleCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_assignment_rule(
        self, info: Info, id: UUID, expected_version: int, input: AssignmentRuleUpdateInput
    ) -> AssignmentRule | Problem:
        return await info.context.change(
            AssignmentRule,
            commands.update_assignment_rule,
            id,
            checked(AssignmentRuleUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def create_absence(
        self, info: Info, input: AbsenceCreateInput, idempotency_key: str | None = None
    ) -> Absence | Problem:
        return await info.context.change(
            Absence,
            commands.create_absence,
            checked(AbsenceCreate, input),
            idempotency_key=idempotency_key,
        )

    @strawberry.mutation
    async def update_absence(
        self, info: Info, id: UUID, expected_version: int, input: AbsenceUpdateInput
    ) -> Absence | Problem:
        return await info.context.change(
            Absence,
            commands.update_absence,
            id,
            checked(AbsenceUpdate, input),
            expected_version=expected_version,
        )

    @strawberry.mutation
    async def delete_absence(self, info: Info, id: UUID) -> Absence | Problem:
        return await info.context.change(Absence, commands.delete_absence, id)

    @strawberry.mutation
    async def assign_lead(self, info: Info, id: UUID) -> LeadCustody | Problem:
        return await info.context.change(LeadCustody, commands.assign_lead, id)
