"""Several decisions become one statement, where none stands in another's way."""

from collections.abc import Sequence

from crmkit.db.writing import Tx


def join(tx: Tx, others: Sequence[Tx]) -> bool:
    """Take over what the others would change; False where one stands in another's way."""
    for other in others:
        if not _fits(tx, other):
            return False
        tx.changes |= other.changes
        tx.expectations |= other.expectations
        tx.asides += other.asides
    return True


def _fits(joint: Tx, other: Tx) -> bool:
    """Whether no row rests on a record that another one changes, nor changes the same one."""
    touched = joint.changes.keys() | joint.expectations.keys()
    return (
        touched.isdisjoint(other.changes)
        and joint.changes.keys().isdisjoint(other.expectations)
        and all(joint.expectations.get(k, v) == v for k, v in other.expectations.items())
    )
