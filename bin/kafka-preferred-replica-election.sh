#!/bin/sh
# Kafka had this command until 2.8.
echo "kafka-preferred-replica-election.sh is gone; use kafka-leader-election.sh --bootstrap-server HOST:PORT --election-type preferred
with --all-topic-partitions, or with --path-to-json-file FILE (the same file), or with --topic NAME --partition N." >&2
exit 1
