#!/bin/sh
# It reads the metadata log and snapshots of KRaft, which a cluster on ZooKeeper has not.
echo "kafka-metadata-shell.sh reads the metadata of clusters in KRaft mode, and this one is on ZooKeeper: use zookeeper-shell.sh HOST:PORT." >&2
exit 1
