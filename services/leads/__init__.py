"""Leads: who we may sell to."""
