"""The suite runs on a real database and a real broker; nothing has to be there beforehand."""

pytest_plugins = ["crmkit.testing.plugin"]
