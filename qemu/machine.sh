# machine.sh: what makes a cached tree somebody's machine, and breaks it. Sourced after lib.sh, inside a mount namespace of its own.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root: set by lib.sh's enter; top: by whoever sources this

# overlay TREE DIR: a throw-away copy of a cached tree at DIR/root, entered. Nothing of it outlives the mount namespace.
overlay() {
	mkdir -p "$2"
	mount -t tmpfs over "$2"
	mkdir "$2/upper" "$2/work" "$2/root"
	mount -t overlay -o "lowerdir=$top/build/qemu/$1,upperdir=$2/upper,workdir=$2/work" over "$2/root"
	enter "$2/root"
}

# The owner: argo, whose right password is the story's; root is locked.
owner() {
	inside useradd -m -u 1000 -s /bin/bash -G sudo,adm argo
	echo 'argo:correct-horse-9' | inside chpasswd -c SHA512
	inside passwd -q -l root
	echo argo-pc >"$root/etc/hostname"
	echo '127.0.0.1 localhost argo-pc' >"$root/etc/hosts"
	echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
}

# SDDM stays installed, but no longer starts.
no_display() {
	rm -f "$root/etc/systemd/system/display-manager.service" "$root/etc/runlevels/default/sddm"
}

# The story's fault: a libcrypt rebuilt without SHA512-CRYPT.
cripple() {
	cp --remove-destination "$top/build/libs/crippled/libcrypt.so.1.1.0" "$root/lib/x86_64-linux-gnu/libcrypt.so.1.1.0"
}

# hang: whatever is asked of the package manager, it ignores what it can and never ends; each of its programs says that it was started.
hang() {
	for _name in dpkg-deb dpkg apt-get; do
		cat >"$root/usr/bin/$_name" <<-'END'
			#!/bin/sh
			trap "" TERM INT HUP
			echo "double started: $0"
			echo waiting
			while :; do sleep 1000; done
		END
	done
}
