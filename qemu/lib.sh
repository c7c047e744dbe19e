# lib.sh: entering a root file system without showing it the machine. Sourced, inside a mount namespace of its own.
# shellcheck shell=sh

# A /dev, /proc, /run and /tmp of the tree's own: nothing of the machine's is reachable from inside.
enter() {
	root=$1
	mount -t tmpfs -o mode=0755,size=1m dev "$root/dev"
	for _node in null:3 zero:5 full:7 random:8 urandom:9; do
		mknod -m 0666 "$root/dev/${_node%:*}" c 1 "${_node#*:}"
	done
	ln -s /proc/self/fd "$root/dev/fd"
	mount -t proc proc "$root/proc"
	mount -t tmpfs -o mode=0755 run "$root/run"
	mount -t tmpfs -o mode=1777 tmp "$root/tmp"
}

leave() {
	umount "$root/tmp" "$root/run" "$root/proc" "$root/dev"
}

inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive INITRD=No \
		http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" chroot "$root" "$@"
}
