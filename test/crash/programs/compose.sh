#!/bin/sh
# Docker Compose behind its own memory: one line before an `up` or a `build` and one after, as record.sh writes them.
#
#   COMPOSE=PROGRAM LEDGER=FILE compose.sh ARGUMENTS
#
# `up`, `back` when the step is taken back, and `build` stop midway as long as there is a file LEDGER.ACT.SERVICE.
act='' service=''
for word in "$@"; do
  case $word in
  up | build) act=$word ;;
  *.json) grep -qs 'io.rollbackd.purpose' "$word" && undo=yes ;;
  esac
  service=$word
done
[ -n "$act" ] || exec "$COMPOSE" "$@"
[ "${undo:-}" = yes ] && act=back
note() { printf '%s\n' "$1 $act $service ${ROLLBACKD_OP_ID:-nobody} $$" >>"$LEDGER"; }

held="$LEDGER.$act.$service"
if [ -e "$held" ]; then
  "$COMPOSE" "$@" &
  sleep 0.4
  kill -STOP $! 2>/dev/null
  note begin
  while [ -e "$held" ]; do sleep 0.05; done
  kill -CONT $! 2>/dev/null
  wait $!
else
  note begin
  "$COMPOSE" "$@"
fi
code=$?
note end
exit $code
