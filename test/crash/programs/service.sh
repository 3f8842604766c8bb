#!/bin/sh
# A service that runs in the background: notes each start in FOLDER/starts, and its number in FOLDER/pid.
#
#   service.sh start FOLDER
folder=$2
echo started >>"$folder/starts"
setsid sleep 100000 </dev/null >/dev/null 2>&1 &
echo $! >"$folder/pid.new"
mv "$folder/pid.new" "$folder/pid"
