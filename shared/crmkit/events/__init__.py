"""The published language: what services tell each other and partners."""
