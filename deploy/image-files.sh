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
  rm -rf "$app"/node_modules/*/"$name" "$app"/node_modules/@*/*/"$name" "$app"/node_modules/*/node_modules/*/"$name"
done
# And the builds for browsers, bundlers and other runtimes: Node.js resolves to none of them.
find "$app/node_modules" -type d \( -name dist-es -o -name browser \) -prune -exec rm -rf {} +
find "$app/node_modules" -type f \( -name '*.min.js' -o -name '*.umd.js' -o -name '*.bundle.js' -o -name '*.rn.cjs' \
  -o -name '*.development.*' -o -name '*-browser.js' -o -name '*.exe' -o -name '*.cc' \) -exec rm -f {} +
rm -rf "$app/node_modules/protobufjs/dist" "$app"/node_modules/xstate/dist/*.esm.js "$app/node_modules/axios/dist/esm" \
  "$app/node_modules/axios/dist/axios.js" "$app/node_modules/bowser/bundled.js" "$app/node_modules/bson/lib/bson.mjs" \
  "$app/node_modules/jsonc-parser/lib/esm"
# What is there as CommonJS a second time, of packages that are imported only; and an older zod inside zod.
rm -rf "$app/node_modules/nodemailer/dist/cjs" "$app/node_modules/fastify-type-provider-zod/dist/cjs" "$app/node_modules/zod/v3" \
  "$app/node_modules/re2js/build/index.cjs" "$app/node_modules/simple-git/dist/index.cjs"
rm -f "$app"/node_modules/@lezer/*/dist/index.cjs "$app/node_modules/@prometheus-io/lezer-promql/dist/index.cjs"
find "$app/node_modules/zod" -type f -name '*.cjs' -exec rm -f {} +
find "$app/node_modules" -depth -type d -exec rmdir {} + 2>/dev/null || true

cp "$(command -v node)" "$files/usr/local/bin/node"
# The symbols are 30 MB. A node without them runs the same.
command -v strip >/dev/null || apk add --no-cache binutils >/dev/null 2>&1 || true
if command -v strip >/dev/null; then strip "$files/usr/local/bin/node"; fi
ln -s /opt/rollbackd/dist/src/main.js "$files/usr/local/bin/rollbackd"
ln -s ../libexec/docker/cli-plugins/docker-compose "$files/usr/local/bin/docker-compose"
