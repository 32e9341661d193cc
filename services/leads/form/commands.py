"""Every change of a form, and what is kept of a row that it refused."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crmkit.components.directory import owner
from crmkit.db.rows import revealing
from crmkit.db.writing import Tx
from crmkit.events.leads_forms import (
    CaptureFailureRecorded,
    CaptureFormCreated,
    CaptureFormRevoked,
    CaptureFormRotated,
    CaptureFormUpdated,
)
from crmkit.fields import given
from crmkit.kernel import ids
from crmkit.kernel.keys import hash_of, new_key, prefix, rotated
from services.leads.campaign.models import Campaign
from services.leads.form.domain import MARK, demand_trap, demand_unrevoked
from services.leads.form.models import CaptureFailure, CaptureForm
from services.leads.form.schemas import CaptureFormCreate, CaptureFormUpdate, RotateCaptureForm


async def create_form(tx: Tx, new: CaptureFormCreate) -> CaptureForm:
    """Make a form for its owner or the caller; the row brings its key along, once."""
    demand_trap(new.fields, new.honeypot)
    who = await owner(tx, new.owner_id)
    if new.campaign_id is not None:
        await tx.get(Campaign, new.campaign_id)
    form_id = ids.new()
    key = new_key(tx.tenant_id, form_id, MARK)
    form = tx.create(
        CaptureForm,
        CaptureFormCreated,
        **given(new, owner_id=who.owner_id),
        id=form_id,
        prefix=prefix(tx.tenant_id, form_id, MARK),
        hash=hash_of(key),
        team=who.team,
        region=who.region,
    )
    return revealing(form, key=key)


async def update_form(tx: Tx, form_id: UUID, patch: CaptureFormUpdate) -> CaptureForm:
    """Change what a form takes, from where, and what becomes of it."""
    form = await tx.take(CaptureForm, form_id)
    demand_unrevoked(form.revoked_at)
    values: dict[str, Any] = given(patch)
    after = vars(form) | values
    demand_trap(after["fields"], after["honeypot"])
    if patch.campaign_id is not None:
        await tx.get(Campaign, patch.campaign_id)
    if "owner_id" in values:
        who = await owner(tx, patch.owner_id)
        values |= {"owner_id": who.owner_id, "team": who.team, "region": who.region}
    return tx.update(form, CaptureFormUpdated, **values)


async def rotate_form(tx: Tx, form_id: UUID, how: RotateCaptureForm) -> CaptureForm:
    """Give a form a new key; the old one holds beside it as long as the caller wants."""
    form = await tx.take(CaptureForm, form_id)
    demand_unrevoked(form.revoked_at)
    key = new_key(tx.tenant_id, form.id, MARK)
    hashes = rotated(vars(form), key, tx.now, how.overlap_hours)
    return revealing(tx.update(form, CaptureFormRotated, **hashes), key=key)


async def revoke_form(tx: Tx, form_id: UUID) -> CaptureForm:
    """End a form for good, with both its keys; what it has taken stays."""
    form = await tx.take(CaptureForm, form_id)
    demand_unrevoked(form.revoked_at)
    return tx.update(
        form, CaptureFormRevoked, revoked_at=tx.now, old_hash=None, old_hash_until=None
    )


async def note_failure(
    tx: Tx, form: CaptureForm, problem: Mapping[str, Any], sent: Mapping[str, Any]
) -> CaptureFailure:
    """Keep a row that the form refused, with its problem, so that nobody who would buy is lost."""
    return tx.create(
        CaptureFailure,
        CaptureFailureRecorded,
        form_id=form.id,
        code=problem["code"],
        detail=problem.get("detail", ""),
        faults=problem.get("errors", []),
        sent=dict(sent),
        owner_id=form.owner_id,
        team=form.team,
    )
