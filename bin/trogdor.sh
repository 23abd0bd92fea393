#!/bin/sh
# A framework for tests of Apache Kafka, in Java.
echo "trogdor.sh is not part of this project; loads are made here by kafka-producer-perf-test.sh, kafka-consumer-perf-test.sh and kafka-e2e-latency.sh." >&2
exit 1
