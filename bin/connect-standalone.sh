#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] connect-standalone.properties [connector1.properties connector2.json ...]"
  exit 1
fi
main=$home/packages/connect/dist/connect-standalone.js
need "$main"
case $1 in
  -daemon)
    shift
    background connectStandalone node "$main" "$@"
    ;;
  -name)
    shift 2
    exec node "$main" "$@"
    ;;
  *)
    exec node "$main" "$@"
    ;;
esac
