#!/usr/bin/env bash
# Installs the Debian packages that the tests need: as root, or with sudo that asks for no password. Otherwise it says
# which command does, and fails: no test is skipped because something is not there.
set -euo pipefail

packages=(
  mosquitto         # the broker of a hall
  mosquitto-clients # mosquitto_sub and mosquitto_pub
  snmpd             # a real SNMP agent
  snmp              # its tools
  chromium          # the page in a real browser
  fonts-noto-cjk    # and its Chinese letters, in reports too
  poppler-utils     # reads reports back from PDF
  prometheus        # promtool checks metrics and rules
  prometheus-alertmanager # alerts, seen by amtool
  victoria-metrics  # history, read back by PromQL
  postgresql        # the journal on PostgreSQL
  xvfb              # a desktop without a screen, with a window manager and a look at its windows
  openbox
  x11-utils
  nut-server        # a UPS server with a simulated UPS
  cups              # a print server
  cups-ipp-utils    # an IPP printer, and a tool that prints on it
  dbus-daemon       # without a message bus it does not start
  nginx-light       # a proxy with TLS in front of the pages
  iproute2          # cut networks: network namespaces
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
# Grafana's own types, by which the dashboards are checked. Node.js of another source brings its npm along.
command -v npm >/dev/null || missing+=(npm)
((${#missing[@]})) || exit 0

command=(apt-get install --yes --no-install-recommends "${missing[@]}")
if ! command -v apt-get >/dev/null; then
  echo "the tests need these Debian packages: ${missing[*]}" >&2
  exit 1
elif ((EUID == 0)); then
  as_root=(env DEBIAN_FRONTEND=noninteractive)
elif sudo -n true 2>/dev/null; then
  as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive)
else
  echo "the tests need Debian packages that are not installed. Install them with:" >&2
  echo "  sudo ${command[*]}" >&2
  exit 1
fi

echo "installing ${missing[*]} …"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "${as_root[@]}" "${command[@]}" >"$log" 2>&1; then
  # Perhaps the package lists are old.
  if ! { "${as_root[@]}" apt-get update && "${as_root[@]}" "${command[@]}"; } >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
fi
