#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] zookeeper.properties"
  exit 1
fi
# QuorumPeerMain and its JVM are found (or fetched) by Node; the shell then becomes that JVM.
case $1 in
  -daemon)
    shift
    # What is wrong is said here, where somebody sees it.
    node "$home/scripts/zookeeper-command.mjs" "$@" >/dev/null || exit 1
    background zookeeper sh "$home/bin/zookeeper-server-start.sh" "$@"
    ;;
  *)
    command=$(node "$home/scripts/zookeeper-command.mjs" "$@") || exit 1
    eval "exec $command \"\$@\""
    ;;
esac
