#!/bin/sh
# The brokers are no JVMs, so there is no JMX to ask.
echo "kafka-jmx.sh has nothing to ask, these brokers are no JVMs; set odradek.metrics.listener=127.0.0.1:9404 and read http://127.0.0.1:9404/metrics (docs/metrics.md)." >&2
exit 1
