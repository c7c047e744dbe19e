#!/bin/sh
# commands.sh PROGRAM: each command of the program once, whole, on the injector's small root. Coverage asks only that they run: what they do is other
# suites' to judge.
set -u

here=$(cd "$(dirname "$0")" && pwd)
if [ "$1" != --inside ]; then
	exec unshare -m -p -f --mount-proc sh "$0" --inside "$1"
fi
program=$2
work=$(mktemp -d)
mount -t tmpfs commands "$work"
mount -t tmpfs run /run
for word in old new; do
	echo "$word" | "$program" hash | sed 's/.*= //' >"$work/$word"
done
sh "$here/../fault/root.sh" "$work" "$program"
"$program" --help
"$program" --version
"$program" no-such-command
"$program" diagnose --root "$work/root"
"$program" diagnose --root "$work/root" --json
"$program" status --root "$work/root"
"$program" status --root "$work/root" --json
"$program" capture --root "$work/root" --output "$work/captured"
"$program" run --root "$work/root" --config "$work/conf" --capture "$work/capture" --json
echo 'a long password' >"$work/password"
"$program" run --root "$work/root" --phases 4,8 --user ada --password "file:$work/password"
"$program" run --root "$work/root" --phases 4,8 --user ada --password generate
"$program" run --root "$work/root" --config "$work/none"
"$program" rollback --root "$work/root" --json
"$program" rollback --root "$work/root" --forget
"$program" rollback --root "$work/root" no-such-run
"$program" run --root "$work/none"
"$program" diagnose --root "$work/none"
"$program" status --root "$work/none"
"$program" verify --root "$work/none"
"$program" verify --root "$work/root"
"$program" verify --root "$work/root" --deep --json
"$program" rollback --root "$work/none"
"$program" hash </dev/null
: >"$work/password"
"$program" run --root "$work/root" --password "file:$work/password"
"$program" run --root "$work/root" --config "$work"
# in the initramfs, with these words on the kernel line
for words in rd.recovery=diagnose rd.recovery=1 rd.recovery=rollback rd.recovery=0; do
	echo "$words rd.recovery.phases=4,8 rd.recovery.hold=1 rd.recovery.after=shell" >"$work/cmdline"
	mount --bind "$work/cmdline" /proc/cmdline
	NEWROOT=$work/root "$program" boot --stage pre-pivot
	umount /proc/cmdline
done
exit 0
