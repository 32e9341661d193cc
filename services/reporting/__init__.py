"""Reporting: what happened."""
