#!/bin/sh
# A JVM application of its own: Apache's needs nothing of brokers that these do not serve.
echo "connect-mirror-maker.sh is not part of this project; Apache Kafka's own (MirrorMaker 2) works with these brokers: name them as A.bootstrap.servers in its properties file." >&2
exit 1
