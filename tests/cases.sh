# cases.sh: run_cases NAME...: each case by this same script ($0 --one NAME), in namespaces of its own; the last line counts them. Sourced.
# shellcheck shell=sh

run_cases() {
	_passed=0 _failed=0
	for _case; do
		if _why=$(unshare -m -p -f --mount-proc sh "$0" --one "$_case" 2>&1); then
			_passed=$((_passed + 1))
			echo "ok $_case"
		elif [ $? -eq 77 ]; then
			echo "skipped $_case: $_why"
		else
			_failed=$((_failed + 1))
			echo "not ok $_case"
			echo "$_why"
		fi
	done
	echo "$_passed passed, $_failed failed"
	[ "$_failed" -eq 0 ] && [ "$_passed" -gt 0 ]
}
