#!/bin/sh
# A JVM application of its own: Apache's test framework.
echo "trogdor.sh is not part of this project; Apache Kafka's own works with these brokers. Here: kafka-producer-perf-test.sh, kafka-consumer-perf-test.sh, kafka-e2e-latency.sh." >&2
exit 1
