"""What we are trying to sell."""
