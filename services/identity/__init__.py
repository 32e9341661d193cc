"""Identity: tenants and the people who work there."""
