# certificates.sh: authorities and servers' certificates, made where one stands. Sourced.
# shellcheck shell=sh

# authority NAME [KEY [OPTION...]]: NAME.pem and NAME.key, good for a day; KEY as openssl's -newkey has it.
authority() {
	_name=$1 _key=${2:-rsa:2048}
	shift $(($# < 2 ? $# : 2))
	openssl req -x509 -newkey "$_key" -nodes -days 1 -subj "/O=Fleet/CN=$_name" -keyout "$_name.key" -out "$_name.pem" "$@" 2>&1
}

# certificate NAME AUTHORITY HOST [OPTION...]: NAME.pem and NAME.key, by that authority for that host.
certificate() {
	_name=$1 _by=$2 _host=$3
	shift 3
	printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$_host" >"$_name.ext"
	openssl req -new -newkey rsa:2048 -nodes -subj "/CN=$_name" -keyout "$_name.key" -out "$_name.csr" 2>&1 &&
		openssl x509 -req -in "$_name.csr" -CA "$_by.pem" -CAkey "$_by.key" -CAcreateserial -extfile "$_name.ext" -days 1 -out "$_name.pem" "$@" 2>&1
}
