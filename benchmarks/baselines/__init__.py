"""What is compared with: servers that do the same SQL and nothing else, each in one file."""
