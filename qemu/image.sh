#!/bin/sh
# image.sh [trees|families|generic|greeter|stick|network|boots|recipe|hangs]: whatever of the trees, disks, kernels and initramfs under build/qemu is missing or older than what it is made of.
# The only part that needs root: debootstrap and dracut run in a chroot. No loop devices; nothing of the machine changes.
set -eu

cd "$(dirname "$0")/.."
dir=$PWD/build/qemu
mkdir -p "$dir"

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n --preserve-env=http_proxy,https_proxy "$@"
	fi
}

need_root() {
	if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
		echo 'qemu: building the disks needs root (debootstrap makes a system with files of its own owners); be root or have sudo' >&2
		exit 2
	fi
}

# fresh NAME SUM: was NAME made of just this?
fresh() {
	[ "$(cat "$dir/$1.stamp" 2>/dev/null)" = "$2" ]
}

sum() {
	cat "$@" | sha256sum | cut -d ' ' -f 1
}

# Trees that are there, made of just this, are waited for by nobody: the disks of make boots take minutes.
trees='base systemd openrc compiler'
tree=$(sum qemu/tree.sh qemu/lib.sh)
trees_made() {
	for _tree in $trees; do
		fresh "$_tree" "$tree" || return
	done
}
[ "${1-}" != trees ] || ! trees_made || exit 0

# One at a time: whoever comes second finds everything made. What has nothing in common with the rest waits for its own kind only.
lock=lock
case ${1-} in boots | recipe) lock=lock-$1 ;; esac
exec 9>"$dir/$lock"
flock 9

# step SCRIPT WHAT STAMP SUM
step() {
	fresh "$3" "$4" && return
	need_root
	echo "qemu: $3 (log: build/qemu/$3.log)"
	rm -f "$dir/$3.stamp"
	# 9: a program that outlives its step must not keep the lock.
	if ! as_root unshare -m "$PWD/qemu/$1" "$2" "$dir" >"$dir/$3.log" 2>&1 9>&-; then
		tail -n 20 "$dir/$3.log" >&2
		echo "qemu: $3 failed" >&2
		exit 1
	fi
	echo "$4" >"$dir/$3.stamp"
}

# What make boots needs and nothing else: a tree of its own, the images, the disks.
boots() {
	_tree=$(sum qemu/boots/tree.sh qemu/lib.sh)
	_images="$_tree $(sum qemu/machine.sh qemu/boots/images.sh qemu/boots/maker.sh qemu/boots/rows build/rd-recovery \
		build/libs/crippled/libcrypt.so.1.1.0 src/packaging/install.sh src/packaging/rd-recovery.conf dracut-module/90rd-recovery/* src/entries/* initramfs/*)"
	step boots/tree.sh boots "$1-tree" "$_tree"
	step boots/images.sh boots "$1-images" "$_images"
	step boots/disks.sh boots "$1-disks" "$_images $(sum qemu/boots/disks.sh)"
}

# What make recipe needs and nothing else.
recipe() {
	_trees="$(sum qemu/recipe/tree.sh qemu/lib.sh src/build/deps.sh) $(sh qemu/recipe/commands.sh | grep apt | sum -)"
	step recipe/tree.sh fresh recipe-fresh "$_trees"
	step recipe/tree.sh live recipe-live "$_trees"
	step recipe/disks.sh recipe recipe-disks "$_trees $(sum build/rd-recovery qemu/recipe/*.sh README.md Makefile)"
}

# What qemu/hangs needs: one tree, small disks made of it.
hangs() {
	_tree=$(sum qemu/tree.sh qemu/lib.sh)
	step tree.sh base base "$_tree"
	_tree="$_tree $(sum qemu/machine.sh qemu/hangs/disks.sh)"
	step hangs/disks.sh roots "$1-roots" "$_tree $(sum build/libs/crippled/libcrypt.so.1.1.0)"
	step hangs/disks.sh initrd "$1-initrd" "$_tree $(sum qemu/hangs/hostile.c initramfs/mkinitramfs.sh build/rd-recovery)"
}

# What the test at the greeter needs and nothing else: a tree with a screen's X server and GRUB, one disk.
greeter() {
	for _tree in base systemd; do
		step tree.sh "$_tree" "$_tree" "$tree"
	done
	_tree="$tree $(sum qemu/greeter/tree.sh)"
	step greeter/tree.sh greeter "$1-tree" "$_tree"
	step greeter/disks.sh greeter "$1-disks" "$_tree $(sum qemu/machine.sh qemu/greeter/*.sh build/rd-recovery \
		build/libs/crippled/libcrypt.so.1.1.0 src/packaging/install.sh src/packaging/rd-recovery.conf src/entries/* initramfs/*)"
}

case ${1-} in
boots | recipe | hangs | greeter)
	"$1" "$1"
	exit 0
	;;
esac
[ "${1-}" = trees ] || trees='base systemd openrc'
for what in $trees; do
	step tree.sh "$what" "$what" "$tree"
done
[ "${1-}" != trees ] || exit 0
parts=$(sum qemu/*.sh dracut-module/90rd-recovery/* initramfs/mkinitramfs.sh build/rd-recovery build/libs/crippled/libcrypt.so.1.1.0)
for what in systemd openrc; do
	step disks.sh "$what" "disks-$what" "$parts"
done
[ "${1-}" != families ] ||
	step disks.sh families disks-families "$parts $(sum tests/lockouts/*/break)"
[ "${1-}" != generic ] || step disks.sh generic disks-generic "$parts"

# The USB stick, with the kernel of the trees.
stick() {
	_kernel=$(echo "$dir"/systemd/boot/vmlinuz-*)
	KERNEL=$_kernel MODULES=$dir/systemd/lib/modules/${_kernel##*/vmlinuz-} sh initramfs/rescue.sh "$dir/rescue.img" >"$dir/rescue.log" 2>&1
}

# The image that any machine may boot over the network, with the kernel of the trees.
network() {
	_kernel=$(basename "$dir"/systemd/lib/modules/*)
	sh initramfs/mkinitramfs.sh --kernel "$_kernel" --root "$dir/systemd" --payload build/rd-recovery --portable --network --output "$dir/initrd-network" >"$dir/network.log" 2>&1
}

if [ "${1-}" = network ]; then
	fresh network "$parts" || network || {
		tail -n 20 "$dir/network.log" >&2
		exit 1
	}
	echo "$parts" >"$dir/network.stamp"
fi

if [ "${1-}" = stick ]; then
	fresh rescue "$parts $(sum initramfs/rescue.*)" || stick || {
		tail -n 20 "$dir/rescue.log" >&2
		exit 1
	}
	echo "$parts $(sum initramfs/rescue.*)" >"$dir/rescue.stamp"
fi
