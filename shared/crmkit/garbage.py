"""When Python looks for cycles that nobody refers to any more."""

import gc


def collect_seldom() -> None:
    """Start-up makes a million objects, nearly all of which stay, and a batch of 5,000 events tens
    of thousands, which go by themselves: to look through them all the time costs a start-up a
    quarter of its time. For the first line of a process."""
    gc.set_threshold(50_000, 50, 50)


def collect_often() -> None:
    """While it looks through 50,000 objects, everybody whom a process serves waits for 50 ms; so
    what answers requests looks through few at a time, once it has started."""
    gc.set_threshold(2_000, 25, 50)


def leave_to_stand() -> None:
    """Look once, and never again through what start-up has made."""
    gc.collect()
    gc.freeze()
