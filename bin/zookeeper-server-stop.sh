#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
run "$home/scripts/stop.mjs" zookeeper "$@"
