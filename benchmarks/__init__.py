"""What the services cost, beside what the same work costs without them. `make bench`."""
