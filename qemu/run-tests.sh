#!/bin/sh
# run-tests.sh [--rest | --families | --initramfs | NAME...]: the QEMU scenarios of make test, or: the rest of the same kind; one for each family of
# checks, and the greeter; those of the self-contained image and the USB stick. One machine at a time; each console in build/qemu/logs/NAME.log.
# Last line: N passed, N failed.
set -eu

cd "$(dirname "$0")/.."
[ "$*" = greeter ] || qemu/image.sh
case $* in *--families* | *family-*) qemu/image.sh families ;; esac
case $* in *--families* | *greeter*) qemu/image.sh greeter ;; esac
case $* in *--initramfs* | *self-hardware*) qemu/image.sh generic ;; esac
case $* in *--initramfs* | *stick-*) qemu/image.sh stick ;; esac
case $* in *--initramfs* | *self-network*) qemu/image.sh network ;; esac
[ "${1-}" != --families ] || set -- family-pam family-accounts family-files family-display greeter
[ "${1-}" != --initramfs ] || set -- self-normal self-seek self-btrfs self-noroot self-needed self-hardware stick-bios stick-uefi self-network
[ "${1-}" != --rest ] || set -- plain openrc btrfs hung diagnose
[ $# -gt 0 ] || set -- normal systemd hibernated noroot self-repair
mkdir -p build/qemu/logs build/qemu/run
passed=0 failed=0

# 15 minutes: a net under the limits each scenario keeps itself.
play() {
	rm -f "build/qemu/logs/$name.log" "build/qemu/run/$name"[-.]*
	why=$(timeout -k 10 900 expect "qemu/scenarios/$name.exp" 2>&1 </dev/null)
}

# The emulator stood still before the kernel said a word: that says nothing of what is tested.
stalled() {
	_after=$(tr -d '\033\r\n' <"build/qemu/logs/$name.log" | sed -e 's/.*Booting from ROM\.\.\.//' -e 's/c*\[[?0-9;]*[a-zA-Z]//g')
	[ "${#_after}" -lt 5 ]
}

for name; do
	started=$(date +%s) result=ok
	if ! play; then
		result='not ok'
		if stalled; then
			echo "$name: the emulator stood still at a boot: once more"
			! play || result=ok
		fi
	fi
	if [ "$result" = ok ]; then
		passed=$((passed + 1))
		echo "ok $name ($(($(date +%s) - started)) s)"
	else
		failed=$((failed + 1))
		echo "not ok $name ($(echo "$why" | tr -s '\r\n' ' ' | tail -c 300))"
	fi
	rm -f "build/qemu/run/$name"[-.]*
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
