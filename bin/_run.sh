# Shared by the scripts beside it: each sets `home` to the project's folder and sources this file.
# What Apache's scripts read from the environment for a JVM (KAFKA_HEAP_OPTS, KAFKA_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS,
# KAFKA_JMX_OPTS, JMX_PORT, CLASSPATH) may be set as ever: ZooKeeper, a JVM, obeys it; the broker and the tools are none and ignore it.

LOG_DIR=${LOG_DIR:-$home/logs}
export LOG_DIR

# Ends with one clear line where the build is missing.
need() {
  if [ ! -f "$1" ]; then
    echo "$1 is missing: run 'npm install' in $home first." >&2
    exit 1
  fi
}

# run FILE ARGS…: becomes `node FILE ARGS…`, so that signals and the exit code need no relay.
run() {
  need "$1"
  exec node "$@"
}

# tool NAME ARGS…
tool() {
  name=$1
  shift
  run "$home/packages/tools/dist/$name.js" "$@"
}

# background NAME COMMAND…: what -daemon means. Returns at once, output goes to $LOG_DIR/NAME.out.
# Node undoes nohup's ignoring of SIGHUP, hence a session of its own where the system can give one (macOS cannot).
background() {
  out=$LOG_DIR/$1.out
  shift
  mkdir -p "$LOG_DIR" || exit 1
  if command -v setsid >/dev/null; then set -- setsid "$@"; fi
  nohup "$@" >"$out" 2>&1 </dev/null &
}
