#!/bin/sh
# It looks for classes in jars, and writes manifests into them.
echo "connect-plugin-path.sh has nothing to look for: plugin.path lists modules of JavaScript here, not jars (docs/connect.md). A worker that runs tells what it found: GET /connector-plugins." >&2
exit 1
