#!/bin/sh
# Includes point down only: main -> run -> phases -> checks -> target -> base.
set -eu

above=
for layer in run phases checks target base; do
	[ -z "$above" ] || ! grep -nrE "#include \"($above)/" "src/$layer" 2>/dev/null || {
		echo "includes: src/$layer reaches up" >&2
		exit 1
	}
	above=${above:+$above|}$layer
done
