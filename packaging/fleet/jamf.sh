#!/bin/sh
# Jamf Pro, or any MDM that runs scripts as root: deletes a site's cookies for all users.
#   Parameter 4: the sites, with spaces between them (openai.com)
#   Parameter 5: seconds that open browsers are waited for (0)
# The program needs Full Disk Access by a PPPC profile (com.apple.TCC, SystemPolicyAllFiles).
set -u
sites=${4:-openai.com}
wait=${5:-0}
program=/usr/local/bin/cookieclean

if [ ! -x "$program" ]; then
    echo "cookieclean is not installed: $program"
    exit 1
fi
# shellcheck disable=SC2086 # One argument for each site.
"$program" $sites --all-users --json --wait="$wait"
status=$?
# 3: only open browsers were skipped.
[ "$status" -eq 3 ] && status=0
exit "$status"
