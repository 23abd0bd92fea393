#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*"
  exit 1
fi
main=$home/packages/broker/dist/main.js
need "$main"
case $1 in
  -daemon)
    shift
    background kafkaServer node "$main" "$@"
    ;;
  *)
    run "$main" "$@"
    ;;
esac
