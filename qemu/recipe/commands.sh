#!/bin/sh
# commands.sh: the commands of README's recipe for a system that debootstrap has just made, one a line.
awk '/that debootstrap has just made/ { on = 1 } on && /^    / { print substr($0, 5); seen = 1; next } seen && NF { exit }' "$(dirname "$0")/../../README.md"
