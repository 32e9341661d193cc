"""Webhooks: who else is told."""
