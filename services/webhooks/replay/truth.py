"""What events cannot prove: a schedule moves on what a replay has found, without events."""

from services.webhooks.replay.models import Replay

QUEUES = (Replay,)
