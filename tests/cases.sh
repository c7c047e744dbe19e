# cases.sh: a script of cases: one_case "$@", need_trees NAME, run_cases WORK NAME... Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # top, work: the script's

# Called as run_cases does it, the script ends here: with its one case, in a folder of the case's own, $dir.
one_case() {
	[ "${1-}" = --one ] || return 0
	dir=$work/$2
	mkdir -p "$dir"
	"$2"
	exit
}

# need_trees NAME: the cached trees, which the script NAME needs root for.
need_trees() {
	[ "$(id -u)" -eq 0 ] || {
		echo "$1: needs root" >&2
		exit 2
	}
	sh "$top/qemu/image.sh" trees || exit 1
}

# run_cases WORK NAME...: each case by this same script ($0 --one NAME), $jobs at a time (1), in namespaces of its own: what a case leaves running
# ends with its PID namespace. What one says lies in WORK/NAME.said; its status 77: skipped. The last line counts them.
run_cases() {
	_work=$1
	shift
	rm -rf --one-file-system "$_work"
	mkdir -p "$_work"
	# shellcheck disable=SC2016 # that shell's
	printf '%s\n' "$@" | xargs -P "${jobs:-1}" -I CASE sh -c \
		'unshare -m -p -f --mount-proc sh "$1" --one "$2" >"$3/$2.said" 2>&1; echo $? >"$3/$2.status"' sh "$0" CASE "$_work"
	_passed=0 _failed=0
	for _case; do
		case $(cat "$_work/$_case.status" 2>/dev/null) in
		0)
			_passed=$((_passed + 1))
			echo "ok $_case"
			;;
		77) echo "skipped $_case: $(cat "$_work/$_case.said")" ;;
		*)
			_failed=$((_failed + 1))
			echo "not ok $_case"
			cat "$_work/$_case.said"
			;;
		esac
	done
	echo "$_passed passed, $_failed failed"
	[ "$_failed" -eq 0 ] && [ "$_passed" -gt 0 ]
}
