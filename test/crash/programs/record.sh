#!/bin/sh
# The targets' own memory of what was done to them: one line before an act and one after, each appended whole.
#
#   record.sh do|undo LEDGER NAME         the act and its compensation; not idempotent
#   record.sh refuse LEDGER NAME          never does it; where there is a file LEDGER.watched, somebody looks first
#   record.sh refuse-once LEDGER NAME     does it at the second attempt
#   record.sh restart LEDGER NAME [BAD]   of a service behind a link; fails on a release directory called BAD
#   record.sh asked LEDGER NAME           exit 0: done and not undone, 1: not done
#
# A line: begin|end|refused ACT NAME OP PID [LINK DIRECTORY]. LINK tells one switch of the link from another.
# An act takes as long as there is a file LEDGER.ACT.NAME.
act=$1 ledger=$2 name=$3 bad=${4:-}
op=${ROLLBACKD_OP_ID:?}
note() { printf '%s\n' "$*" >>"$ledger"; }
count() { grep -c "^$1 $name $op " "$ledger"; }

carry_out() {
  note "begin $1 $name $op $$ $2"
  while [ -e "$ledger.$1.$name" ]; do sleep 0.05; done
  note "end $1 $name $op $$ $2"
}

# What was done is undone right after this. Who only looks now and then has seen it by then.
be_looked_at() {
  [ -e "$ledger.watched" ] || return 0
  : >"$ledger.look"
  while [ -e "$ledger.look" ] && [ -e "$ledger.watched" ]; do sleep 0.02; done
}

case $act in
do | undo) carry_out "$act" ;;
refuse)
  note "refused do $name $op $$"
  be_looked_at
  exit 1
  ;;
refuse-once)
  if ! grep -q "^refused do $name " "$ledger"; then
    note "refused do $name $op $$"
    exit 1
  fi
  carry_out do
  ;;
restart)
  directory=$(readlink -f "$ROLLBACKD_LINK")
  carry_out restart "$(stat -c %i.%.9Y "$ROLLBACKD_LINK") ${directory##*/}"
  [ "${directory##*/}" != "$bad" ]
  ;;
asked) [ "$(count 'end do')" -gt "$(count 'end undo')" ] ;;
esac
