#!/bin/sh
# run.sh: what the unit tests, the injector, a few whole runs and the boots of small machines execute of the program. Lines and branches of each
# source file, of those that hold the target's files whole, and of all; fails below what is promised. Last line: N passed, N failed.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cover=$top/build/coverage
cd "$top" || exit 1
find "$cover" -name '*.gcda' -delete

"$cover/unit" >"$cover/unit.log" 2>&1 || tail -n 20 "$cover/unit.log"
PROGRAMS=$cover sh tests/fault/run.sh --most "${MOST:-2}" --runs "${RUNS:-150}" >"$cover/faults.log" 2>&1 || tail -n 20 "$cover/faults.log"
sh tests/coverage/commands.sh "$cover/rd-recovery" >"$cover/commands.log" 2>&1 </dev/null || tail -n 20 "$cover/commands.log"
PAYLOAD=$cover/rd-recovery sh tests/lockouts/run.sh --third >"$cover/lockouts.log" 2>&1 || tail -n 20 "$cover/lockouts.log"
COVER=$cover PAYLOAD=$cover/rd-recovery sh tests/run/init.sh >"$cover/init.log" 2>&1 || tail -n 20 "$cover/init.log"

# gcov's own words: "File 'src/base/file.c'", "Lines executed:98.00% of 100", "Taken at least once:90.00% of 50"
find src -name '*.c' ! -path 'src/probe/*' | sort | while read -r source; do
	object=$cover/${source#src/}
	gcov -b -n -o "${object%.c}.gcno" "$source" 2>/dev/null
done | awk -F"[:%' ]+" -v core='src/base/file.c src/base/journal.c src/base/rollback.c' '
	/^File/ { file = $2; known = file ~ /^src\/.*\.c$/ && !seen[file]++ }
	!known { next }
	/^Lines executed/ && (file in lines) { known = 0; next } # the sum of all
	/^Lines executed/ { lines[file] = $5; run[file] = $3 * $5 / 100; list[++n] = file }
	/^Taken at least once/ { branches[file] = $7; taken[file] = $5 * $7 / 100 }
	function percent(part, whole) { return whole ? 100 * part / whole : 100 }
	function show(name, l, r, b, t) { printf "%-34s %5d lines %6.2f %%  %5d branches %6.2f %%\n", name, l, percent(r, l), b, percent(t, b) }
	END {
		for (i = 1; i <= n; i++) {
			f = list[i]
			show(f, lines[f], run[f], branches[f], taken[f])
			al += lines[f]; ar += run[f]; ab += branches[f]; at += taken[f]
			if (index(" " core " ", " " f " ")) { cl += lines[f]; cr += run[f]; cb += branches[f]; ct += taken[f] }
		}
		show("file, journal, rollback", cl, cr, cb, ct)
		show("all", al, ar, ab, at)
		good = (int(cr + 0.5) == cl) + (percent(ct, cb) >= 90) + (percent(ar, al) >= 90)
		printf "%d passed, %d failed\n", good, 3 - good
		exit good < 3
	}'
