#!/bin/sh
# Deprecated since Kafka 3.0 (KIP-720), gone in 4.0.
echo "kafka-mirror-maker.sh is not part of this project, and deprecated by Apache Kafka; use connect-mirror-maker.sh of Apache Kafka, which works with these brokers." >&2
exit 1
