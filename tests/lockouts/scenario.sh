# scenario.sh: one cause on one root, asserted step by step. Sourced by run.sh, as root, in a mount and PID namespace of its own.
#
# NN-id/break is sourced with $root entered (machine.sh: inside, cripple, ...) and damages it as the cause does. Modes of what it copies: the package's.
# NN-id/expect sets, where the default does not fit:
#   ids='ID...'          what diagnose must name; the folder's id
#   kind=damaged         files damaged one by one, see damaged.sh
#   kind=name            D-only: the finding and its advice alone; no run
#   kind=healthy         no damage: no finding, and an untouched tree
#   on='systemd openrc'  the roots it is tried on
#   door=login           login, su, helper (unix_chkpwd as the user) or none: refuses the right password before, lets in after
#   user=argo named=no   whose login; named=yes: the payload is told so
#   args=''              more arguments for run
#   capture=no           yes: a capture of the sound root is given to run
#   status=0             exit status of the keep run
#   keep_lets_in=yes     no: with password=keep the door stays shut (the hash itself is the cause)
#   auto=yes             no: only password=keep is run
#   size=''              tmpfs options (size=48m) of what the layers lie on: a disk that can be full
#   fill()               fills it; $root: what lies in a lower layer cannot be freed, so it is done to every new top layer
#   filled=ERE           paths (./var/...) of its files: not compared, verify() does
#   advice=ERE           what the person is told to type
#   leaves='ID...'       what no run can repair: it stays, and the advice is given
#   third_part=no        yes: also part of make test
#   sound()              what the sound root has besides its owner; $root entered
#   verify()             a proof of its own after a run (kind=name: after the diagnosis); $root
# shellcheck shell=sh
# shellcheck disable=SC2154 # here, top, work: run.sh's; the words of `expect` are its own

payload=${PAYLOAD:-$top/build/rd-recovery}
right=correct-horse-9
# shellcheck source=/dev/null
. "$top/qemu/lib.sh"
# shellcheck source=/dev/null
. "$top/qemu/machine.sh"
# shellcheck source=/dev/null
. "$here/damaged.sh"

fail() {
	tail -n 15 "$logs/main.log" 2>/dev/null | sed 's/^/  # /'
	sed 's/^/  > /' "$dir/out" 2>/dev/null | tail -n 25
	echo "  $*"
	exit 1
}

# The payload alone, standard input empty.
payload() {
	timeout 200 "$payload" "$@" >"$dir/out" 2>&1 </dev/null
}

# A pristine root with its owner argo; captured where the scenario wants it; then broken. Both stay as they are from here on.
damage() {
	mkdir -p "$dir"
	mount -t tmpfs lockout "$dir"
	mkdir "$dir/root" "$dir/broken" "$dir/layers"
	[ -z "$size" ] || mount -t tmpfs -o "$size" layers "$dir/layers"
	mkdir "$dir/layers/base" "$dir/layers/work"
	root=$dir/root
	mount -t overlay -o "lowerdir=$tree,upperdir=$dir/layers/base,workdir=$dir/layers/work" over "$root"
	enter "$root"
	owner
	sound || fail 'the sound root could not be made'
	[ "$door" = none ] || let_in "$right" 'the sound root lets nobody in'
	[ "$capture" = no ] || payload capture --root "$root" --output "$dir/capture" || fail 'nothing could be captured'
	# shellcheck source=/dev/null
	. "$here/$name/break"
	umount -R "$root"
	mount -t overlay -o "ro,lowerdir=$dir/layers/base:$tree" over "$dir/broken"
}

# The damaged root as it was, with a new layer over it.
fresh() {
	! mountpoint -q "$root" || umount -R "$root"
	rm -rf --one-file-system "$dir/layers/upper" "$dir/layers/work"
	mkdir "$dir/layers/upper" "$dir/layers/work"
	mount -t overlay -o "lowerdir=$dir/layers/base:$tree,upperdir=$dir/layers/upper,workdir=$dir/layers/work" over "$root"
	enter "$root"
	fill
}

# Type, mode, owner, link target, content, time and attributes of a file.
describe() {
	find "$1" -maxdepth 0 \( -type f -printf '%y %m %U %G %T@\n' -o -printf '%y %m %U %G %l\n' \) 2>/dev/null || return 0
	[ ! -f "$1" ] || [ -L "$1" ] || sha256sum <"$1"
	getfattr -d -m - -h --absolute-names "$1" 2>/dev/null | sed 1d
}

# What differs from the damaged root: only what the layer holds can. The payload's own folder and its logs do not count.
differences() {
	(cd "$dir/layers/upper" && find . -mindepth 1 \( -path ./var/lib/rd-recovery -o -path './boot/*-recovery-logs-*' \) -prune -o -print) |
		grep -Ev -e "${filled:-^$}" |
		while read -r _path; do
			[ "$(describe "$root/$_path")" = "$(describe "$dir/broken/$_path")" ] || echo "$_path"
		done
}

# Folders the payload makes for itself change their parents' times alone; new parents of its own may stay.
unchanged() {
	differences >"$dir/differs"
	[ ! -s "$dir/differs" ] || fail "$1: $(head -n 5 "$dir/differs" | tr '\n' ' ')"
}

# The permissions of everything a run touched: no wider than the package's, of what no package owns nothing special.
modes_no_wider() {
	(cd "$dir/layers/upper" && find . \( -path ./var/lib/rd-recovery -o -path './boot/*-recovery-logs-*' \) -prune -o ! -type l ! -type c -printf '%p %m\n') |
		while read -r _path _mode; do
			# what the broken root had is no doing of a run's; a package's file is judged by the package
			_was=$(stat -c %a "$tree/$_path" 2>/dev/null) || _was=$(stat -c %a "$dir/broken/$_path" 2>/dev/null) || _was=755
			[ $((0$_mode & ~0$_was)) -eq 0 ] || echo "$_path: $_mode, the package's $_was"
		done >"$dir/wider"
	[ ! -s "$dir/wider" ] || fail "wider modes: $(cat "$dir/wider")"
}

# tries PASSWORD: 0 let in, 1 refused, by the door the scenario names; in a layer of its own, for a login writes (wtmp, tallies, histories).
tries() {
	mkdir -p "$dir/try" "$dir/try-upper" "$dir/try-work"
	mount -t overlay -o "lowerdir=$root,upperdir=$dir/try-upper,workdir=$dir/try-work" over "$dir/try"
	(enter "$dir/try")
	expect "$here/door.exp" "$dir/try" "$door" "$user" "$1" >"$dir/said" 2>&1
	_status=$?
	umount -R "$dir/try" 2>/dev/null || umount -R -l "$dir/try"
	rm -rf --one-file-system "$dir/try-upper" "$dir/try-work"
	return "$_status"
}

refused() {
	tries "$1"
	[ $? -eq 1 ] || fail "$2: $(tail -c 300 "$dir/said")"
}

let_in() {
	tries "$1" || fail "$2: $(tail -c 300 "$dir/said")"
}

# named: every id of the scenario is a finding of diagnose.
named() {
	# shellcheck disable=SC2086 # none or two words
	payload diagnose --root "$root" $user_args
	for _id in $ids; do
		grep -Eq "^(note|warning|error): $_id:" "$dir/out" || fail "diagnose does not name $_id"
	done
}

gone() {
	# shellcheck disable=SC2086 # none or two words
	payload diagnose --root "$root" $user_args
	for _id in $ids; do
		case " $leaves " in
		*" $_id "*) grep -Eq "^(note|warning|error): $_id:" "$dir/out" || fail "$_id is not there any more" ;;
		*) ! grep -Eq "^(warning|error): $_id:" "$dir/out" || fail "$_id is still there" ;;
		esac
	done
	[ -z "$advice" ] || grep -Eqs -e "$advice" "$dir/out" "$logs/main.log" || fail "the advice is not given: $advice"
	verify || fail 'the proof of its own fails'
}

tells_the_story() {
	logs=$(find "$root/boot" "$root/var/log" -maxdepth 1 -name '*-recovery-logs-*' | sort | tail -n 1)
	for _log in main.log diagnostics.log system-state.log error-bundle.txt pivots.log report.json; do
		[ -s "$logs/$_log" ] || fail "$_log is missing or empty"
	done
	for _id in $ids; do
		grep -q "$_id" "$logs/diagnostics.log" || fail "diagnostics.log does not name $_id"
		case " $leaves " in
		*" $_id "*) continue ;;
		esac
		grep -q "repaired: $_id" "$logs/system-state.log" || fail "system-state.log does not say that $_id is repaired"
	done
}

# recover STATUS ARGUMENT...
recover() {
	_want=$1
	shift
	[ "$capture" = no ] || set -- "$@" --capture "$dir/capture"
	# shellcheck disable=SC2086 # a list of words
	TERM=dumb timeout 200 script -qec "exec $payload run --root $root $user_args $args $*" /dev/null </dev/null >"$dir/out" 2>&1
	_got=$?
	logs=$(find "$root/boot" -maxdepth 1 -name '*-recovery-logs-*' | sort | tail -n 1)
	[ "$_got" -eq "$_want" ] || fail "exit status $_got, not $_want"
}

# The password that opens the door after a run: the old one, or the new one that it showed.
password_now() {
	_new=$(sed -n "s/^.*new password for $user: \([a-z ]*\).*\$/\1/p" "$dir/out" | head -n 1 | tr -d ' ')
	echo "${_new:-$right}"
}

repair() {
	[ "$door" = none ] || refused "$right" 'the root is not broken'
	fresh
	named
	unchanged 'diagnose changed the tree'
	fresh
	recover "$status" --password keep
	[ "$keep_lets_in" = no ] || [ "$door" = none ] || let_in "$right" 'keep: the right password is refused'
	[ "$door" = none ] || refused wrong-horse-1 'keep: a wrong password is not refused'
	[ "$keep_lets_in" = no ] || {
		gone
		tells_the_story
	}
	modes_no_wider
	_before=$(differences)
	recover "$status" --password keep
	[ "$_before" = "$(differences)" ] || fail 'a second run left another tree'
	grep -q 'Nothing on the system was changed' "$dir/out" || fail 'a second run changed something'
	payload rollback --root "$root" || fail 'rollback failed'
	unchanged 'rollback left a difference'
	[ "$auto" = yes ] || return 0
	fresh
	recover 0
	_now=$(password_now)
	[ "$door" = none ] || let_in "$_now" 'auto: the password is refused'
	gone
	[ "$door" = none ] || refused wrong-horse-1 'auto: a wrong password is not refused'
	[ "$keep_lets_in" = yes ] || tells_the_story
	payload rollback --root "$root" || fail 'rollback failed'
	unchanged 'rollback after auto left a difference'
}

# A cause that is only named: the finding, and what to type; a run leaves it alone.
name_it() {
	[ "$door" = none ] || refused "$right" 'the root is not broken'
	fresh
	named
	grep -Eq -e "$advice" "$dir/out" || fail "the advice is not given: $advice"
	unchanged 'diagnose changed the tree'
	verify || fail 'the proof of its own fails'
}

no_finding() {
	! grep -Eq '^(warning|error): ' "$dir/out" || fail "$1: a finding"
}

# Nothing is wrong: nothing is found, by neither command, and nothing is touched.
healthy() {
	# shellcheck disable=SC2086 # none or two words
	payload diagnose --root "$root" $user_args || fail 'diagnose: an exit status that is not 0'
	no_finding diagnose
	unchanged 'diagnose changed the tree'
	recover 0
	grep -q 'Nothing on the system was changed' "$dir/out" || fail 'run changed something'
	! grep -Eq 'finding: (warning|error)' "$logs/main.log" || fail 'run: a finding'
	unchanged 'run changed the tree'
	let_in "$right" 'the right password is refused'
	refused wrong-horse-1 'a wrong password is not refused'
}

scenario() {
	name=$1 init=$2 logs=
	tree=$top/build/qemu/$init dir=$work/$name-$init
	ids=${name#*-} kind=repair door=login user=argo named=no args='' capture=no status=0 keep_lets_in=yes auto=yes advice='' leaves='' size='' filled=''
	sound() { :; }
	verify() { :; }
	fill() { :; }
	# shellcheck source=/dev/null
	. "$here/$name/expect"
	user_args=
	[ "$named" = no ] || user_args="--user $user"
	_started=$(date +%s)
	damage
	fresh
	case $kind in
	repair) repair ;;
	name) name_it ;;
	damaged) damaged ;;
	healthy) healthy ;;
	*) fail "expect: kind=$kind" ;;
	esac
	_found=yes _repaired=yes
	[ "$kind" = repair ] && [ -z "$leaves" ] || _repaired='by hand'
	case $kind in
	healthy | damaged) _found=- _repaired=- ;;
	esac
	printf '%-26s %-8s %-7s %-9s %s\n' "${name#*-}" "$init" "$_found" "$_repaired" $(($(date +%s) - _started))
}
