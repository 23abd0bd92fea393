#!/bin/sh
# A JVM application of its own: Apache's needs nothing of brokers that these do not serve.
echo "connect-distributed.sh is not part of this project; Apache Kafka's own works with these brokers (bootstrap.servers in its properties file). Here: connect-standalone.sh." >&2
exit 1
