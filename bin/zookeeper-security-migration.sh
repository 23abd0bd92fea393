#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
tool zookeeper-security-migration "$@"
