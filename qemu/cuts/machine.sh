# machine.sh: the emulator for guests whose root is the initramfs of initramfs.sh. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # dir: where initramfs.sh put kernel and initramfs, set by whoever sources this

# machine SECONDS NAME WORDS [OPTION...]: its console in NAME.log. Programs lie at the same addresses each time, so that the emulator
# translates them once, and without mitigations.
machine() {
	_limit=$1 _log=$dir/$2.log _words="console=ttyS0 quiet loglevel=1 no_timer_check panic=-1 norandmaps mitigations=off $3"
	shift 3
	timeout -k 5 "$_limit" qemu-system-x86_64 -accel "${ACCEL:-tcg,thread=single}" -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+aes,+pclmulqdq -m 768 -nographic -no-reboot -nic none \
		-kernel "$dir/vmlinuz" -initrd "$dir/initrd" -append "$_words" "$@" </dev/null >"$_log" 2>&1
}
