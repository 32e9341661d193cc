"""What speaks to a running house from outside, over its public API."""
