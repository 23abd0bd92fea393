#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] zookeeper.properties"
  exit 1
fi
case $1 in
  -daemon)
    shift
    background zookeeper sh "$home/bin/zookeeper-server-start.sh" "$@"
    ;;
  *)
    # QuorumPeerMain and its JVM are found (or fetched) by Node; the shell then becomes that JVM.
    command=$(node "$home/scripts/zookeeper-command.mjs") || exit 1
    eval "exec $command \"\$@\""
    ;;
esac
