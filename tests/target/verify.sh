# verify.sh: cases about `rd-recovery verify`, sourced by run.sh: its verdict beside those of debsums, dpkg --verify, md5sum -c and rpm -V.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root, dir, payload, lib_dir: run.sh's
# shellcheck disable=SC2034 # verify_cases: run.sh reads it

verify_cases='each_way_of_damage_and_who_sees_it verify_finds_what_all_tools_find_and_more verify_of_a_sound_root_has_no_fault verify_agrees_with_rpm verify_agrees_with_pacman
	phase_one_lists_broken_files linkage_is_what_ldd_says verify_ends_in_time_or_when_told'

# verify STATUS ARGUMENT...: its answer in $dir/answer, the paths of its faults in $dir/ours; nothing of the tree is changed.
verify() {
	_want=$1
	shift
	listing upper >"$dir/before"
	"$payload" verify --root "$root" "$@" >"$dir/answer" 2>"$dir/out"
	_got=$?
	[ "$_got" -eq "$_want" ] || fail "exit status $_got, not $_want: $(cat "$dir/answer")"
	listing upper | diff "$dir/before" - >"$dir/out" || fail 'the tree changed'
	sed -nE '/^noted:/q; s/^    (missing|changed|wrong type|wrong link|dangling|mode|privilege lost) (\/[^:]*).*/\2/p' "$dir/answer" | sort -u >"$dir/ours"
}

# The same files by one name.
canonical() {
	sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,' | sort -u
}

# theirs: the paths that any of Debian's three tools reports, configuration files too; each one's in $dir/by-TOOL. dpkg ends at a folder in a file's
# place: it is asked of a few packages at a time.
theirs() {
	debsums --all --silent --no-locale-purge --root="$root" 2>&1 |
		sed -nE "s,.*(missing|changed) file $root(/[^ ]*) .*,\2,p; s,.*can't check [^ ]+ file $root(/[^ ]*) .*,\1,p" | canonical >"$dir/by-debsums"
	dpkg-query --admindir="$root/var/lib/dpkg" -Wf '${binary:Package}\n' | xargs -n 5 dpkg --root="$root" --verify 2>&1 |
		sed -nE "s,^dpkg: error: .* file '$root(/.*)': .*,\1,p; s,^[^/:]* (/.*)\$,\1,p" | canonical >"$dir/by-dpkg"
	(cd "$root" && cat var/lib/dpkg/info/*.md5sums | md5sum -c --quiet) 2>/dev/null |
		sed -nE 's,^(.*): FAILED.*,/\1,p' | canonical >"$dir/by-md5sum"
	cat "$dir"/by-* | sort -u
}

# pacman_finds: the paths of which pacman says anything.
pacman_finds() {
	chroot "$root" pacman -Qkk libxcrypt 2>&1 | sed -nE 's,^warning: libxcrypt: (/[^ ]*) \(.*,\1,p' | sort -u
}

# damage: every 40th file of the packages (no manuals: dpkg was told to leave them out), in turn another way, and what none of the tools sees; $dir/damaged: the paths.
damage() {
	cat "$root"/var/lib/dpkg/info/*.md5sums | sed -E 's/^.{34}//' | LC_ALL=C sort -u | grep -vE '^usr/share/(doc|man|locale|info|bash-completion)/' | awk 'NR % 40 == 7' | while read -r _file; do
		[ -f "$root/$_file" ] || continue
		_n=$((${_n:-0} + 1))
		case $((_n % 5)) in
		0) rm "$root/$_file" ;;
		1) printf X >>"$root/$_file" ;;
		2) truncate -s 0 "$root/$_file" && printf '\n\n' >>"$root/$_file" ;;
		3) rm "$root/$_file" && mkdir "$root/$_file" ;;
		4) mv "$root/$_file" "$root/$_file.gone" && ln -s nowhere "$root/$_file" ;;
		esac
		echo "/$_file"
	done >"$dir/damaged"
	{
		rm -r "$root/usr/share/bash-completion"
		cat "$root"/var/lib/dpkg/info/*.list | grep '^/usr/share/bash-completion'
		rm "$root/etc/pam.d/login" "$root/usr/lib/x86_64-linux-gnu/security/pam_unix.so"
		echo /etc/pam.d/login
		echo /usr/lib/x86_64-linux-gnu/security/pam_unix.so
	} >>"$dir/damaged"
	{
		chmod u-s "$root/usr/bin/su" "$root/usr/bin/chfn"
		chmod g-s "$root/usr/bin/chage" "$root/usr/sbin/unix_chkpwd"
		chmod 700 "$root/etc"
		chmod 755 "$root/usr/lib/dbus-1.0/dbus-daemon-launch-helper" # statoverride knows
		ln -sfn nowhere "$root$lib_dir/libpam.so.0"
		printf '%s\n' /usr/bin/su /usr/bin/chfn /usr/bin/chage /usr/sbin/unix_chkpwd /etc \
			/usr/lib/dbus-1.0/dbus-daemon-launch-helper "$lib_dir/libpam.so.0"
	} >"$dir/unseen"
}

verify_finds_what_all_tools_find_and_more() {
	root systemd sound
	theirs >"$dir/false" # debsums and dpkg take what dpkg was told to leave out for missing
	damage
	theirs | comm -23 - "$dir/false" >"$dir/theirs"
	verify 1 --deep
	canonical <"$dir/ours" >"$dir/ours.usr"
	[ "$(wc -l <"$dir/damaged")" -gt 150 ] || fail 'too little was damaged'
	comm -23 "$dir/theirs" "$dir/ours.usr" >"$dir/out"
	[ ! -s "$dir/out" ] || fail 'the tools find more'
	cat "$dir/damaged" "$dir/unseen" | canonical >"$dir/expected"
	comm -23 "$dir/expected" "$dir/ours.usr" >"$dir/out"
	[ ! -s "$dir/out" ] || fail 'damage is not found'
	# what is found besides leads to what was damaged
	comm -13 "$dir/expected" "$dir/ours.usr" | while read -r _path; do
		grep -qF "dangling ${_path#/usr}:" "$dir/answer" || grep -qF "dangling $_path:" "$dir/answer" || echo "$_path"
	done >"$dir/out"
	[ ! -s "$dir/out" ] || fail 'false alarms'
	canonical <"$dir/unseen" | comm -12 "$dir/theirs" - >"$dir/out"
	[ ! -s "$dir/out" ] || fail 'the tools see what they are said not to'
	sed -n '1,/^display:/p' "$dir/answer" | grep -q "missing .*/pam_unix.so" || fail 'a login is not first'
	grep -q '^  libpam-modules:amd64: apt-get install --reinstall libpam-modules:amd64$' "$dir/answer" || fail 'no command'
	grep -q '^  util-linux: apt-get install --reinstall util-linux$' "$dir/answer" || fail 'no command for what the database does not tell'
	grep -q 'mode /etc: mode 0700 .*; rd-recovery run --phases 3 sets it$' "$dir/answer" || fail 'no command for a folder'
	verify 1 --deep --json
	python3 -c 'import json, sys; a = json.load(open(sys.argv[1])); sys.exit(not a["whole"] or len(a["findings"]) < 150)' "$dir/answer" ||
		fail 'not that in JSON'
	verify 1
	grep -q pam_unix.so "$dir/ours" || fail 'quick misses the login'
}

# way NAME PATH [COMMAND...]: damage of one kind; PATH is what somebody should name.
way() {
	echo "$1 $2" >>"$dir/ways"
	_way=$1 _named=$2
	shift 2
	[ $# -eq 0 ] || "$@" || fail "$_way: $_named cannot be damaged"
}

append() {
	printf X >>"$1"
}

folder_instead() {
	rm "$1" && mkdir "$1"
}

# A file capability did the work of its bit; both are gone.
capability_lost() {
	chmod u-s "$1" && setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$1" && setfattr -x security.capability "$1"
}

# A root damaged once in each way.
damage_each_way() {
	way missing /usr/bin/tload rm "$root/usr/bin/tload"
	way changed /usr/bin/w append "$root/usr/bin/w"
	way cut-short /usr/sbin/agetty truncate -s 5000 "$root/usr/sbin/agetty"
	way wrong-type /usr/bin/tput folder_instead "$root/usr/bin/tput"
	way configuration /etc/pam.d/login rm "$root/etc/pam.d/login"
	way dangling "$lib_dir/libpam.so.0" ln -sfn nowhere "$root$lib_dir/libpam.so.0"
	way setuid /usr/bin/su chmod u-s "$root/usr/bin/su"
	way setgid /usr/sbin/unix_chkpwd chmod g-s "$root/usr/sbin/unix_chkpwd"
	way capability /usr/bin/chfn capability_lost "$root/usr/bin/chfn"
	way override /usr/lib/dbus-1.0/dbus-daemon-launch-helper chmod 755 "$root/usr/lib/dbus-1.0/dbus-daemon-launch-helper"
	way mode /etc/passwd chmod 600 "$root/etc/passwd"
	way owner /etc/sudoers chown 7 "$root/etc/sudoers"
	way owner-of-setuid /usr/bin/passwd chown 7 "$root/usr/bin/passwd"
	chmod u+s "$root/usr/bin/passwd"
	way library-gone "$lib_dir/libpam.so.0.85.1" rm "$root$lib_dir/libaudit.so.1.0.0"
	way symbol-version "$lib_dir/libpng16.so.16.39.0" older_zlib
}

# lacking PATH: does the root's own ldd -v miss anything for it?
lacking() {
	case $1 in
	*.so.*) chroot "$root" /usr/bin/ldd -v "$1" 2>&1 | grep -q 'not found' ;;
	*) false ;;
	esac
}

# yes_or_dash COMMAND...
yes_or_dash() {
	if "$@"; then echo yes; else echo -; fi
}

# Who sees what: a row a way. Before the damage nobody is told of any of these files.
each_way_of_damage_and_who_sees_it() {
	root systemd sound
	theirs >"$dir/false"
	verify 0 --deep
	damage_each_way
	theirs >"$dir/theirs"
	verify 1 --deep
	sed -nE 's/^    [a-z ]+ (\/[^:]*).*/\1/p' "$dir/answer" | canonical >"$dir/ours"
	while read -r _way _path; do
		! grep -qxF "$_path" "$dir/false" || fail "$_way: $_path is told of when all is well"
		_row=$_way
		for _tool in debsums dpkg md5sum; do
			_row="$_row $(yes_or_dash grep -qxF "$_path" "$dir/by-$_tool")"
		done
		echo "$_row $(yes_or_dash lacking "$_path") $(yes_or_dash grep -qxF "$_path" "$dir/ours")"
	done <"$dir/ways" >"$dir/table"
	diff - "$dir/table" >"$dir/out" <<-'END' || fail 'another verdict'
		missing yes yes yes - yes
		changed yes yes yes - yes
		cut-short yes yes yes - yes
		wrong-type yes yes yes - yes
		configuration yes yes - - yes
		dangling - - - - yes
		setuid - - - - yes
		setgid - - - - yes
		capability - - - - yes
		override - - - - yes
		mode - - - - yes
		owner - - - - yes
		owner-of-setuid - - - - yes
		library-gone - - - yes yes
		symbol-version - - - yes yes
	END
}

verify_of_a_sound_root_has_no_fault() {
	root systemd sound
	verify 0
	verify 0 --deep
	echo '# mine' >>"$root/etc/login.defs"
	rm "$root/etc/skel/.profile"
	verify 0 --deep
	grep -q 'changed /etc/login.defs' "$dir/answer" || fail 'a changed configuration file is not noted'
	grep -q 'missing /etc/skel/.profile' "$dir/answer" || fail 'a removed configuration file is not noted'
	# a file capability does the work of the bit
	chmod u-s "$root/usr/bin/chfn"
	setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 "$root/usr/bin/chfn"
	verify 0
	setfattr -x security.capability "$root/usr/bin/chfn"
	verify 1
	grep -q 'privilege lost /usr/bin/chfn' "$dir/answer" || fail 'a lost capability is not found'
	mkdir "$dir/none" "$dir/none/etc" "$dir/none/usr"
	"$payload" verify --root "$dir/none" >"$dir/answer" 2>&1
	[ $? -eq 1 ] || fail 'a root without a package database is called sound'
	"$payload" verify --root "$dir/nowhere" >"$dir/answer" 2>&1
	[ $? -eq 3 ] || fail 'a missing target is no exit status 3'
}

# The library of rpm_root is another one than the package's.
verify_agrees_with_rpm() {
	rpm_root
	chroot "$root" rpm -V --nodeps libxcrypt | grep -q "^..5.* $lib_dir/libcrypt.so.1.1.0$" || fail 'rpm finds nothing'
	verify 1 --deep
	grep -q "changed $lib_dir/libcrypt.so.1.1.0" "$dir/answer" || fail 'another library is not found'
	grep -q '  libxcrypt.x86_64: dnf reinstall libxcrypt.x86_64' "$dir/answer" || fail 'no command'
	chroot "$root" rpm -U --nodeps --replacepkgs --replacefiles "/var/cache/dnf/fedora-2d95c80a1fa0a67d/packages/$(ls "$root/var/cache/dnf/fedora-2d95c80a1fa0a67d/packages")" >"$dir/out" 2>&1 ||
		fail 'not reinstalled'
	verify 0 --deep
	chmod 700 "$lib"
	chown 7:8 "$lib"
	ln -sfn libcrypt.so.1.0 "$root$lib_dir/libcrypt.so.1"
	verify 1
	grep -q "mode $lib_dir/libcrypt.so.1.1.0: mode 0700 of 7:8, should be 0755 of root:root" "$dir/answer" || fail 'no mode'
	grep -q "wrong link $lib_dir/libcrypt.so.1: leads to libcrypt.so.1.0, not to libcrypt.so.1.1.0" "$dir/answer" || fail 'no link'
}

# as_packaged SECONDS: pacman_root's library as its package has it.
as_packaged() {
	cp --remove-destination "$dir/healthy.so" "$lib"
	chmod 755 "$lib"
	touch -d "@$1" "$lib"
}

# pacman itself says what it finds by the mtree that it keeps; what it misses is a link's end that is gone.
verify_agrees_with_pacman() {
	pacman_root
	pacman_finds >"$dir/theirs"
	grep -q "^$lib_dir/libcrypt.so.1.1.0\$" "$dir/theirs" || fail 'pacman finds nothing'
	verify 1 --deep
	diff "$dir/theirs" "$dir/ours" >"$dir/out" || fail 'pacman says something else of another library'
	_time=$(zcat "$root"/var/lib/pacman/local/*/mtree | sed -nE 's,^[^ ]*/libcrypt.so.1.1.0 .*time=([0-9.]+).*,\1,p')
	as_packaged "$_time"
	pacman_finds >"$dir/theirs"
	[ ! -s "$dir/theirs" ] || fail 'pacman finds something in what it is told to find whole'
	verify 0 --deep
	! grep -q '^not compared' "$dir/answer" || fail 'something is not compared'
	for _damage in 'chmod 700' 'chown 7' 'chgrp 8' 'rm' 'ln -sf libc.so.6' 'truncate -s 5000' 'printf x >>'; do
		as_packaged "$_time"
		eval "$_damage '$lib'"
		pacman_finds >"$dir/theirs"
		[ -s "$dir/theirs" ] || fail "$_damage: pacman finds nothing"
		verify 1 --deep
		# a link to what is gone pacman takes for whole
		grep -v "^$lib_dir/libcrypt.so.1\$" "$dir/ours" | diff "$dir/theirs" - >"$dir/out" || fail "$_damage: pacman says something else"
		grep -q '  libxcrypt: pacman -S libxcrypt' "$dir/answer" || fail "$_damage: no command"
	done
	rm "$lib"
	verify 1
	grep -q "dangling $lib_dir/libcrypt.so.1:" "$dir/answer" || fail 'a dangling link is not found'
	_mtree=$(find "$root/var/lib/pacman/local" -name mtree)
	truncate -s 100 "$_mtree"
	verify 1
	grep -q "unreadable /var/lib/pacman/local/.*/mtree: damaged" "$dir/answer" || fail 'a damaged mtree is not named'
	grep -q "missing $lib_dir/libcrypt.so.1.1.0" "$dir/answer" || fail 'the list is not compared'
}

# In diagnostics.log, ordered by what they break; a run that changes nothing leaves the list as it was.
phase_one_lists_broken_files() {
	root systemd sound
	rm "$root/usr/lib/systemd/systemd-udevd" "$root/usr/bin/chfn"
	recover 1 --phases 1,7,8
	sed -n '/^== installed files$/,/^== PAM$/p' "$logs/diagnostics.log" >"$dir/out"
	[ "$(grep -cE '^(boot:|the rest:|    missing .*/(systemd-udevd|chfn))$' "$dir/out")" -eq 4 ] ||
		fail 'the files are not listed'
	grep -q '^installed files: unchanged$' "$logs/system-state.log" || fail 'the two lists are not compared'
}

# older_zlib: zlib is an older one, which lacks the symbol versions that its users want.
older_zlib() {
	cat >"$dir/lib.c" <<-'END'
		int rd_one(void) { return 1; }
	END
	echo 'ZLIB_1.2.0 { global: rd_one; };' >"$dir/old.map"
	gcc -nostdlib -shared -fPIC -Wl,-soname,libz.so.1 -Wl,--version-script="$dir/old.map" -o "$root$lib_dir/libz.so.1.2.13" "$dir/lib.c" || fail 'no compiler'
}

# unlink_libraries: every way in which a library can be lost to those who need it.
unlink_libraries() {
	_dir=$root$lib_dir
	rm "$_dir/libaudit.so.1.0.0"                  # gone
	rm "$_dir/libxcb.so.1"                        # its soname's link gone
	truncate -s 100000 "$_dir/libfreetype.so.6.18.3" # cut short
	: >"$_dir/libjpeg.so.62.3.0"                  # emptied
	older_zlib
	cat >"$dir/use.c" <<-'END'
		int rd_one(void);
		int main(void) { return rd_one(); }
	END
	# one of the other class
	gcc -m32 -nostdlib -shared -fPIC -Wl,-soname,libpng16.so.16 -o "$_dir/libpng16.so.16.39.0" "$dir/lib.c" || fail 'no compiler for the other class'
	# $ORIGIN, where it leads to the library and where it does not; a folder that ld.so.cache does not know; a plugin of a program that leads to
	# its libraries by DT_RPATH; one that a launcher starts
	mkdir -p "$root/opt/rd/lib" "$root/opt/rd/bin" "$root/usr/local/lib"
	for _name in own cached launched lost; do
		gcc -nostdlib -shared -fPIC -Wl,-soname,"librd-$_name.so.1" -o "$root/opt/rd/lib/librd-$_name.so.1" "$dir/lib.c"
	done
	gcc -shared -fPIC -o "$root/opt/rd/lib/plugin.so" "$dir/use.c" "$root/opt/rd/lib/librd-own.so.1"
	gcc -o "$root/opt/rd/bin/own" "$dir/use.c" "$root/opt/rd/lib/librd-own.so.1" -Wl,-rpath,"\$ORIGIN/../lib"
	gcc -o "$root/opt/rd/lost" "$dir/use.c" "$root/opt/rd/lib/librd-lost.so.1" -Wl,-rpath,"\$ORIGIN/lib"
	rm "$root/opt/rd/lib/librd-lost.so.1"
	gcc -o "$root/opt/rd/bin/host" "$dir/use.c" -Wl,--no-as-needed "$root/opt/rd/lib/plugin.so" "$root/opt/rd/lib/librd-own.so.1" \
		-Wl,-rpath,"\$ORIGIN/../lib" -Wl,--disable-new-dtags
	gcc -o "$root/opt/rd/bin/launched" "$dir/use.c" "$root/opt/rd/lib/librd-launched.so.1"
	gcc -o "$root/opt/rd/bin/cached" "$dir/use.c" "$root/opt/rd/lib/librd-cached.so.1"
	mv "$root/opt/rd/lib/librd-cached.so.1" "$root/usr/local/lib/"
}

# is_under LIBRARY PACKAGE: of what lacks LIBRARY all stands under PACKAGE.
is_under() {
	python3 - "$dir/answer" "$1 not found" "$2" <<-'END' >"$dir/out" || fail "$1 is not under $2"
		import json, sys
		packages = {f["package"] for f in json.load(open(sys.argv[1]))["findings"] if f["fault"] == "linkage" and sys.argv[2] in f["detail"]}
		print(packages)
		sys.exit(packages != {sys.argv[3]})
	END
}

# is_said FILE...: a finding of linkage of FILE, an extended expression, of no other class than the first argument's.
is_said() {
	sed -n "/^$1:\$/,/^[^ ]/p" "$dir/answer" | grep -qE "^    linkage $2\$" || fail "not said, of $1: $2"
}

linkage_is_what_ldd_says() {
	root systemd sound
	verify 0 --json
	python3 "$here/ldd.py" "$root" "$dir/answer" >"$dir/out" || fail 'a sound root is not to us what it is to ldd'
	unlink_libraries
	verify 1 --json
	python3 "$here/ldd.py" "$root" "$dir/answer" >"$dir/out" || fail 'ldd says something else'
	# it stands under whose file is gone, by whichever name of the folder dpkg lists it
	grep -qx '/lib/x86_64-linux-gnu/libaudit.so.1' "$root/var/lib/dpkg/info/libaudit1:amd64.list" || fail 'nothing is listed below /lib'
	grep -qx '/usr/lib/x86_64-linux-gnu/libxcb.so.1' "$root/var/lib/dpkg/info/libxcb1:amd64.list" || fail 'nothing is listed below /usr/lib'
	for _library in libaudit.so.1:libaudit1:amd64 libxcb.so.1:libxcb1:amd64; do
		is_under "${_library%%:*}" "${_library#*:}"
	done
	verify 1
	is_said login "$lib_dir/libpam.so.0.85.1: libaudit.so.1 not found; with it fails .* and [0-9]+ more"
	is_said display "$lib_dir/libX11.so.6.4.0: libxcb.so.1 not found; with it .*"
	is_said display "$lib_dir/libfreetype.so.6.18.3: damaged or unreadable; with it .*"
	grep -q "linkage $lib_dir/libjpeg.so.62.3.0: damaged or unreadable" "$dir/answer" || fail 'an empty library is whole'
	is_said 'the rest' "/opt/rd/lost: librd-lost.so.1 not found"
	is_said 'the rest' "/opt/rd/bin/cached: librd-cached.so.1 lies where only ld.so.cache leads, which does not know it: ldconfig"
	is_said noted "/opt/rd/lib/plugin.so: librd-own.so.1 not found"
	is_said noted "/opt/rd/bin/launched: librd-launched.so.1 not found"
	for _package in libaudit1 libxcb1 libfreetype6 zlib1g libpng16-16; do
		grep -q "^  $_package:amd64: apt-get install --reinstall $_package:amd64\$" "$dir/answer" || fail "no command for $_package"
	done
	grep -q "linkage .*: wants ZLIB_1.2.*, $lib_dir/libz.so.1.* has none" "$dir/answer" || fail 'no version is lacking'
	# put back, by the very archives, nothing is left of it but what was built here
	chroot "$root" ldconfig
	verify 1
	! grep -q 'librd-cached' "$dir/answer" || fail 'what ld.so.cache knows is lacking'
	recover 1 --phases 1,8
	sed -n '/^== installed files$/,/^== PAM$/p' "$logs/diagnostics.log" | grep -q 'libpam.*libaudit.so.1 not found' || fail 'not in the log'
}

# A file that takes minutes to read; what was found before it counts.
verify_ends_in_time_or_when_told() {
	root systemd sound
	rm "$root/usr/sbin/adduser"
	truncate -s 200G "$root/usr/share/huge"
	echo /usr/share/huge >>"$root/var/lib/dpkg/info/adduser.list"
	echo "d41d8cd98f00b204e9800998ecf8427e  usr/share/huge" >>"$root/var/lib/dpkg/info/adduser.md5sums"
	for _how in '--timeout 5' '--timeout 600'; do
		# shellcheck disable=SC2086 # two words
		timeout -k 60 --preserve-status 25 "$payload" verify --root "$root" --deep $_how >"$dir/answer" 2>"$dir/out"
		echo $? >>"$dir/status"
		grep -q '^not all was looked at$' "$dir/answer" || fail "$_how: it is called whole"
		grep -q 'missing /usr/sbin/adduser' "$dir/answer" || fail "$_how: what was found is lost"
	done
	[ "$(xargs <"$dir/status")" = '1 4' ] || fail "exit status $(xargs <"$dir/status"), not 1 and 4"
}
