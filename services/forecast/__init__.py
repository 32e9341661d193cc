"""Forecast: what we expect."""
