"""Contracts: what was agreed, and what is owed."""
