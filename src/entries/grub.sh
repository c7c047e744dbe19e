# grub.sh: the kernel words in GRUB's own configuration, and kernel words as GRUB's language has them. Sourced.
# shellcheck shell=sh
# shellcheck disable=SC2154 # root: rd-recovery-entry's

# GRUB_CMDLINE_LINUX, which grub-mkconfig gives every entry, its rescue entries too; and the words for ordinary boots, which a machine may need to boot at
# all (nomodeset, acpi=off); words_kept takes away what hides the screen. The files are shell: this system's are run, as grub-mkconfig does it; another
# system's never are.
words_grub() {
	set --
	for _file in "$root/etc/default/grub" "$root"/etc/default/grub.d/*.cfg; do
		[ ! -f "$_file" ] || set -- "$@" "$_file"
	done
	if [ -n "$root" ]; then
		words_grub_read "$@"
	else
		words_grub_run "$@"
	fi
}

words_grub_run() (
	set +eu
	GRUB_CMDLINE_LINUX='' GRUB_CMDLINE_LINUX_DEFAULT=''
	for _file; do
		# shellcheck source=/dev/null
		. "$_file" >/dev/null 2>&1
	done
	printf '%s\n' "$GRUB_CMDLINE_LINUX" "$GRUB_CMDLINE_LINUX_DEFAULT"
)

# What assigns either variable, in whatever quotes, each other's value in it too. What only a shell can tell is left out, and said.
words_grub_read() {
	# shellcheck disable=SC2016 # awk's
	[ $# -eq 0 ] || awk '
		# The value of the variable whose reference s begins with; rest: what follows it.
		function value(s,    name) {
			if (!match(s, /^\$[{]?GRUB_CMDLINE_LINUX(_DEFAULT)?/))
				return unknown()
			name = substr(s, 2, RLENGTH - 1)
			rest = substr(s, RLENGTH + 1)
			if (name ~ /^[{]/ ? !sub(/^[}]/, "", rest) : rest ~ /^[A-Za-z0-9_]/)
				return unknown()
			sub(/^[{]/, "", name)
			return words[name]
		}
		function unknown() {
			bad = 1
			rest = ""
			return ""
		}
		# The word of shell that s begins with; bad: only a shell could tell.
		function word(s,    c, quote, out) {
			for (; s != ""; s = rest) {
				c = substr(s, 1, 1)
				rest = substr(s, 2)
				if (quote == c)
					quote = ""
				else if (quote == "'\''")
					out = out c
				else if (c == "\\") {
					out = out (quote == "" || rest ~ /^["$`\\]/ ? "" : c) substr(rest, 1, 1)
					rest = substr(rest, 2)
				} else if (c == "$" || c == "`")
					out = out value(s)
				else if (quote == "" && c ~ /["'\'']/)
					quote = c
				else if (quote == "" && c ~ /[[:space:];#&|]/)
					break
				else
					out = out c
			}
			bad = bad || quote != ""
			return out
		}
		# Lines are joined as a shell does it, comments are none.
		FNR == 1 { held = "" }
		held == "" && /^[[:space:]]*#/ { next }
		sub(/\\$/, "") { held = held $0; next }
		{ line = held $0; held = "" }
		match(line, /^[[:space:]]*(export[[:space:]]+)?GRUB_CMDLINE_LINUX(_DEFAULT)?[+]?=/) {
			name = substr(line, 1, RLENGTH - 1)
			sub(/^[[:space:]]*(export[[:space:]]+)?/, "", name)
			bad = 0
			text = word(substr(line, RLENGTH + 1))
			if (sub(/[+]$/, "", name))
				text = words[name] text
			if (!bad) {
				words[name] = text
				next
			}
			gsub(/[^[:print:]]/, "?", line)
			print "rd-recovery-entry: " FILENAME ": left out, for nothing of another system is run: " line >"/dev/stderr"
		}
		END { print words["GRUB_CMDLINE_LINUX"]; print words["GRUB_CMDLINE_LINUX_DEFAULT"] }' "$@"
}

# words_for_grub WORDS: as GRUB's own language has them; those of its own configuration are that already. Words that mean the same in both stay as they are.
words_for_grub() (
	[ "$(words_language)" = kernel ] || { printf '%s\n' "$1" && exit; }
	set -f
	_line=
	for _word in $1; do
		case $_word in
		*[!A-Za-z0-9_=.,:/+@%-]*) _word="'$(printf '%s\n' "$_word" | sed "s/'/'\\\\''/g")'" ;;
		esac
		_line="$_line $_word"
	done
	printf '%s\n' "${_line# }"
)
