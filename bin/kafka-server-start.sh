#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*"
  exit 1
fi
main=$home/packages/broker/dist/main.js
need "$main"
# A young generation that holds what some seconds of load leave behind: a tenth of the collections, none of them long.
gc=--min-semi-space-size=16
case $1 in
  -daemon)
    shift
    background kafkaServer node $gc "$main" "$@"
    ;;
  *)
    exec node $gc "$main" "$@"
    ;;
esac
