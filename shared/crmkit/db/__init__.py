"""The one place that opens connections and transactions: read, decide, write once."""
