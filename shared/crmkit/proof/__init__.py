"""Proof that what is kept is what happened: checks, replays, and the ledger's signed roots.

Each check reads one snapshot of a database, so what is under way is never taken for a difference:
rows, events, outbox and ledger of a service are written together. Where two services are compared,
the listener's snapshot is taken first, and its watermarks say what it must already have heard.
"""
