#!/bin/sh
home=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
. "$home/bin/_run.sh"
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] [-name servicename] [-loggc] classname [opts]"
  exit 1
fi
daemon=false name=
while [ $# -gt 0 ]; do
  case $1 in
    -daemon) daemon=true ;;
    -name) name=$2 && shift ;;
    -loggc) ;;
    *) break ;;
  esac
  shift
done
program=$(node "$home/scripts/program-of-class.mjs" "$1") || exit 1
[ $# -gt 0 ] && shift
need "$program"
case $program in
  *.sh) set -- sh "$program" "$@" ;;
  *) set -- node "$program" "$@" ;;
esac
if $daemon; then background "$name" "$@"; else exec "$@"; fi
