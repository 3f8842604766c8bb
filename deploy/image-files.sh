#!/bin/sh
# Lays out in $1 what the build stage contributes to the image: Node.js, the built program and its production modules.
set -eu
files=$1
app=$files/opt/rollbackd

if [ ! -d dist ]; then
  npm ci --ignore-scripts --no-audit --no-fund
  node scripts/build.ts
  npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
fi

mkdir -p "$app" "$files/usr/local/bin"
cp -R dist deploy rules package.json LICENSE node_modules "$app/"
# Types, maps and pages are for people who build, not for the image.
find "$app/node_modules" -type f \( -name '*.map' -o -name '*.md' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' \) -exec rm -f {} +
rm -rf "$app/node_modules/@types" "$app/node_modules/.bin"
# So are the tests, measurements, examples and documents that packages bring along.
for name in test tests benchmark benchmarks bench example examples docs doc .github; do
  rm -rf "$app"/node_modules/*/"$name" "$app"/node_modules/@*/*/"$name"
done

cp "$(command -v node)" "$files/usr/local/bin/node"
# The symbols are 30 MB. A node without them runs the same.
command -v strip >/dev/null || apk add --no-cache binutils >/dev/null 2>&1 || true
if command -v strip >/dev/null; then strip "$files/usr/local/bin/node"; fi
ln -s /opt/rollbackd/dist/src/main.js "$files/usr/local/bin/rollbackd"
ln -s ../libexec/docker/cli-plugins/docker-compose "$files/usr/local/bin/docker-compose"
