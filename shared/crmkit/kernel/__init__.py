"""Plain Python only: no framework, no I/O. What every other part of the kit may rest on."""
