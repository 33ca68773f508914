#!/bin/sh
# Serves the example, and says what to try.
set -eu
cd "$(dirname "$0")/.."

cat <<'END'
Serving examples/quickstart.toml; Ctrl-C stops. In another terminal, in this folder:

  export PATH="$PWD/.venv/bin:$PATH" MICRODNS_CONFIG=examples/quickstart.toml

  dig @127.0.0.1 -p 5300 www.example.com
  kdig @127.0.0.1 -p 5300 +tcp example.com MX
  microdns zone list
  microdns record create home.arpa nas A 192.0.2.20      (after: microdns zone create home.arpa)
  microdns journal follow
  curl http://127.0.0.1:9153/metrics

README.md goes on from here.
END
for pair in dig:bind9-dnsutils kdig:knot-dnsutils; do
    program=${pair%%:*}
    if ! command -v "$program" >/dev/null 2>&1; then
        echo "($program is not installed here; Debian: apt-get install ${pair#*:})"
    fi
done
echo
exec .venv/bin/microdns run --config examples/quickstart.toml
