"""From outbox to other services: sequence, publish, consume.

A command's statement leaves an event and its id in `outbox`. The relay moves ids to `ledger`
(gap-free position, hash chained over the one before), then publishes the ledger by a cursor.
Consumers fold batches, guarded by the aggregate's version, and keep a watermark for each producer,
topic and partition. Each envelope names the position before it in its partition, so that a consumer
notices what a lost log took away, and waits for the publisher to send it again.
"""
