#!/bin/sh
# run.sh [CASE...]: runs that send their report to an HTTPS server (server.py) on loopback, each in namespaces of its own. A case passes on what the
# server has, and on what the run says where it must have nothing. Needs root. Last line: N passed, N failed.
# shellcheck disable=SC2034,SC2154 # jobs: read by cases.sh; dir: set there
set -u

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
payload=${PAYLOAD:-$top/build/rd-recovery}
work=$top/build/fleet-test
# shellcheck source=/dev/null
. "$top/tests/cases.sh"
# shellcheck source=/dev/null
. "$here/certificates.sh"

fail() {
	echo "  $*"
	sed 's/^/  > /' "$dir/out" 2>/dev/null
	sed 's/^/  # /' "$dir/server.log" 2>/dev/null
	exit 1
}

# --- a server and a run

# serve CERTIFICATE BEHAVIOUR...: what comes lies in $dir/got.
serve() {
	_certificate=$1
	shift
	mkdir -p "$dir/got"
	mkfifo "$dir/port"
	python3 "$here/server.py" "$dir/got" "$_certificate.pem" "$_certificate.key" "$@" >"$dir/port" 2>"$dir/server.log" &
	read -r port <"$dir/port" || fail 'no server'
}

# A system of a few files: what comes of its run is not the question here.
system() {
	root=$dir/root
	mkdir -p "$root/etc" "$root/usr" "$root/boot"
	echo 'argo_pc!' >"$root/etc/hostname"
	echo ID=tiny >"$root/etc/os-release"
}

# recover [LINE...]: a run whose configuration has these lines; what it answers is $got.
recover() {
	rm -rf --one-file-system "${root:?}/boot"/*
	printf '%s\n' "$@" >"$dir/conf"
	timeout -s KILL 100 "$payload" run --root "$root" --phases 1,8 --timeout 4 --config "$dir/conf" >"$dir/out" 2>&1
	got=$?
	logs=$(echo "$root"/boot/*)
}

# report_to HOST [CA]: such a run with a report for this server.
report_to() {
	recover "report = https://$1:$port/in" ${2:+"report_ca = $2"}
}

# start [BEHAVIOUR...]: a system, and a server whose certificate is right.
start() {
	system
	cd "$dir" || exit 1
	echo '127.0.0.1 localhost report.fleet.test' >hosts
	mount --bind hosts /etc/hosts
	{ authority ca && certificate server ca report.fleet.test; } >openssl.log || fail 'no certificates'
	[ $# -eq 0 ] || serve server "$@"
}

received() {
	find "$dir/got" -type f ! -name requests | wc -l
}

# The files came as they lie on the disk.
delivered() {
	[ "$(received)" -eq 2 ] || fail "the server has $(ls "$dir/got")"
	for _file in error-bundle.txt report.json; do
		cmp "$dir/got"/*-"$_file" "$logs/$_file" || fail "another $_file was received"
		[ -s "$logs/$_file" ] || fail "$_file is empty"
	done
	grep -q 'report.fleet.test has the report' "$dir/out" || fail 'it is not said'
	! grep -q 'tried: send the report' "$logs/pivots.log" || fail 'a pivot'
}

# refused WHY: a pivot, on the disk too, and nothing else is another than without a report.
refused() {
	grep -q "\[report\] tried: send the report to [a-z.]* | failed: .*$1.* | next: none: it stays in $logs" "$logs/pivots.log" || fail "no pivot that says: $1"
	cp "$logs/report.json" "$dir/sent.json"
	_was=$got
	recover
	[ "$_was" -eq "$got" ] || fail "its exit status is $_was, without a report $got"
	for _file in sent.json "${logs#"$dir/"}/report.json"; do
		sed -n 's/.*"\(verdict[a-z_]*\)": \(.*\)/\1 \2/p' "$dir/$_file" >"$dir/verdict.$(basename "$_file")"
	done
	diff "$dir/verdict.sent.json" "$dir/verdict.report.json" || fail 'another verdict'
}

nothing_received() {
	[ ! -e "$dir/got/requests" ] || fail "the server was told $(cat "$dir/got/requests")"
}

asked() {
	[ "$(wc -l <"$dir/got/requests")" -eq "$1" ] || fail "asked $(wc -l <"$dir/got/requests") times, not $1"
}

# --- cases

what_is_received_is_what_lies_on_the_disk() {
	start 201
	report_to report.fleet.test "$dir/ca.pem"
	delivered
	_name=argo-pc--$(basename "$logs" | sed 's/.*-logs-//')
	printf 'PUT /in/%s-%s %s\n' "$_name" error-bundle.txt "text/plain; charset=utf-8 report.fleet.test:$port" \
		"$_name" report.json "application/json report.fleet.test:$port" | diff - "$dir/got/requests" || fail 'other requests'
	python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["host"] == "argo_pc!"' "$dir/got/$_name-report.json" || fail 'the report does not say whose it is'
}

every_2xx_is_delivered() {
	start 200 204 interim 202
	for _ in 1 2; do
		report_to report.fleet.test "$dir/ca.pem"
		delivered
		rm "$dir"/got/*-*
	done
	asked 4
}

a_body_without_end_is_not_waited_for() {
	start endless_body
	report_to report.fleet.test "$dir/ca.pem"
	delivered
}

certificates_of_other_kinds_are_taken() {
	start
	{
		authority rsa rsa:4096
		openssl ecparam -name secp384r1 -out p384.curve
		authority p384 ec:p384.curve -sha384
		certificate wild p384 '*.fleet.test'
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -subj /CN=middle -keyout middle.key -out middle.csr
		echo 'basicConstraints=critical,CA:TRUE' >middle.ext
		openssl x509 -req -in middle.csr -CA rsa.pem -CAkey rsa.key -CAcreateserial -extfile middle.ext -days 1 -sha512 -out middle.pem
		certificate chain middle report.fleet.test
		openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=alone -addext subjectAltName=DNS:report.fleet.test -addext basicConstraints=CA:FALSE \
			-keyout alone.key -out alone.pem
		cat middle.pem >>chain.pem
	} >openssl.log 2>&1
	{
		echo 'What stands between them does not count.'
		openssl x509 -in rsa.pem -text
		cat p384.pem alone.pem
	} >all.pem
	for _kind in wild chain alone; do
		serve $_kind 201
		report_to report.fleet.test "$dir/all.pem"
		delivered
		rm -rf "$dir/got" "$dir/port"
	done
}

unknown_authority_is_refused() {
	start 201
	authority other >/dev/null || fail 'no certificate'
	report_to report.fleet.test "$dir/other.pem"
	nothing_received
	refused 'its certificate comes from no authority that is trusted'
}

another_name_is_refused() {
	start 201
	report_to localhost "$dir/ca.pem"
	nothing_received
	refused 'its certificate is for another name'
}

# dated NAME WHEN...: openssl's x509 knows no dates, its ca does.
dated() {
	_name=$1
	shift
	: >index.txt
	printf '%s\n' '[ca]' 'default_ca=x' '[x]' 'database=index.txt' 'new_certs_dir=.' 'serial=serial' 'policy=p' 'default_md=sha256' 'unique_subject=no' '[p]' 'commonName=supplied' >ca.conf
	echo 01 >serial
	{
		certificate "$_name" ca report.fleet.test
		openssl ca -config ca.conf -batch -in "$_name.csr" -cert ca.pem -keyfile ca.key -extfile "$_name.ext" -out "$_name.new" "$@"
	} >openssl.log 2>&1 || fail "no certificate: $(cat openssl.log)"
	mv "$_name.new" "$_name.pem"
}

expired_certificate_is_refused() {
	start
	dated old -startdate 20200101000000Z -enddate 20200201000000Z
	serve old 201
	report_to report.fleet.test "$dir/ca.pem"
	nothing_received
	refused "its certificate is not valid now, or this machine's clock ($(date -u +%Y)-.*) is wrong"
}

# What a clock that says 1970 comes to.
certificate_of_the_future_is_refused() {
	start
	dated new -startdate 20480101000000Z -enddate 20490101000000Z
	serve new 201
	report_to report.fleet.test "$dir/ca.pem"
	nothing_received
	refused "or this machine's clock (.*) is wrong"
}

weak_key_is_refused() {
	start
	certificate weak ca report.fleet.test >/dev/null
	openssl req -new -newkey rsa:1024 -nodes -subj /CN=weak -keyout weak.key -out weak.csr 2>/dev/null
	openssl x509 -req -in weak.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile weak.ext -days 1 -out weak.pem 2>/dev/null
	CIPHERS=DEFAULT:@SECLEVEL=0
	export CIPHERS
	serve weak 201
	report_to report.fleet.test "$dir/ca.pem"
	nothing_received
	refused 'its certificate is not accepted'
}

without_authorities_nobody_is_asked() {
	start 201
	report_to report.fleet.test
	nothing_received
	refused 'no report_ca names the authorities'
	for _text in '' 'no certificate' "$(head -n 5 "$dir/ca.pem")"; do
		echo "$_text" >bad.pem
		report_to report.fleet.test "$dir/bad.pem"
		nothing_received
		refused "report_ca $dir/bad.pem"
	done
	report_to report.fleet.test "$dir/none.pem"
	nothing_received
	refused "report_ca $dir/none.pem: No such file"
}

other_statuses_are_no_delivery() {
	start 404
	report_to report.fleet.test "$dir/ca.pem"
	refused 'it answered 404'
	asked 1
}

a_redirection_is_not_followed() {
	start redirect
	report_to report.fleet.test "$dir/ca.pem"
	refused 'it answered 301: a redirection, which is not followed'
	asked 1
}

a_busy_server_is_asked_again() {
	start 503 201
	report_to report.fleet.test "$dir/ca.pem"
	delivered
	asked 3
	grep -q 'it answered 503; once more in 2 s' "$dir/out" || fail 'it is not said'
}

# hostile BEHAVIOUR WHY: in no more time than the run has for an operation.
hostile() {
	start "$1"
	_started=$(date +%s)
	report_to report.fleet.test "$dir/ca.pem"
	[ $(($(date +%s) - _started)) -le 8 ] || fail "it took $(($(date +%s) - _started)) s"
	refused "$2"
}

a_reply_without_end_is_cut() { hostile endless 'what it answered is no HTTP, or has no end'; }
another_protocol_is_no_reply() { hostile garbage 'what it answered is no HTTP, or has no end'; }
a_reply_cut_short_is_none() { hostile cut 'it closed the connection'; }
no_reply_is_none() { hostile silent 'it closed the connection'; }
a_slow_server_has_its_time() { hostile slow 'the time for it was over'; }

# One that takes the connection and says no word, not even of TLS; one that is not there; a name that nobody has.
a_dead_server_is_given_up() {
	start
	mkfifo "$dir/mute"
	python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1], flush=True); time.sleep(1000)' >"$dir/mute" &
	read -r port <"$dir/mute"
	report_to report.fleet.test "$dir/ca.pem"
	refused 'the time for it was over'
	kill $!
	wait $! 2>/dev/null
	report_to report.fleet.test "$dir/ca.pem"
	refused 'no connection: Connection refused'
	report_to nobody.fleet.test "$dir/ca.pem"
	refused 'no address of that name could be found'
}

a_server_of_tls_1_3_alone_says_no() {
	start
	TLS=1.3
	export TLS
	serve server 201
	report_to report.fleet.test "$dir/ca.pem"
	nothing_received
	refused 'it refused to talk: TLS alert 70'
}

a_server_without_tls_is_none() {
	start
	mkfifo "$dir/plain"
	python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
s.accept()[0].sendall(b"220 mail.fleet.test ESMTP\r\n" * 100)
s.accept()' >"$dir/plain" &
	read -r port <"$dir/plain"
	report_to report.fleet.test "$dir/ca.pem"
	refused 'it does not speak TLS 1.2'
}

cases='what_is_received_is_what_lies_on_the_disk every_2xx_is_delivered a_body_without_end_is_not_waited_for certificates_of_other_kinds_are_taken
	unknown_authority_is_refused another_name_is_refused expired_certificate_is_refused certificate_of_the_future_is_refused weak_key_is_refused
	without_authorities_nobody_is_asked other_statuses_are_no_delivery a_redirection_is_not_followed a_busy_server_is_asked_again
	a_reply_without_end_is_cut another_protocol_is_no_reply a_reply_cut_short_is_none no_reply_is_none a_slow_server_has_its_time
	a_dead_server_is_given_up a_server_of_tls_1_3_alone_says_no a_server_without_tls_is_none'

one_case "$@"
[ "$(id -u)" -eq 0 ] || {
	echo 'tests/fleet: needs root' >&2
	exit 2
}
jobs=4
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $cases
run_cases "$work" "$@"
