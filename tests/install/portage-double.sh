#!/usr/bin/env bash
# portage-double.sh EBUILD S D PHASE...: a stand-in for Portage, which cannot be had here: it runs the ebuild's phases on the tree S, image D.
# It knows just the functions of EAPI 8 that this ebuild uses; whatever else the ebuild calls is an error. In the environment: DISTDIR, WORKDIR.
# shellcheck disable=SC2034,SC2317 # for the ebuild
set -eu

ebuild=$1 S=$2 D=$3
shift 3
P=$(basename "$ebuild" .ebuild) PN=${P%-*} PV=${P##*-} EPREFIX='' ED=$D EROOT=$D REPLACED_BY_VERSION=''
T=${WORKDIR:=$PWD}/temp
mkdir -p "$T"

die() {
    echo "portage-double: ${*:-the ebuild died}" >&2
    exit 1
}
inherit() { [[ $* == toolchain-funcs ]] || die "inherit $*"; }
tc-getCC() { echo gcc; }
einfo() { echo "$*"; }
elog() { echo "$*"; }
ewarn() { die "$*"; }
emake() { make -j2 "$@" || die "emake $*"; }

# shellcheck source=/dev/null
. "$ebuild"
for variable in EAPI DESCRIPTION HOMEPAGE SRC_URI LICENSE SLOT KEYWORDS; do
    [[ -n ${!variable-} ]] || die "no $variable"
done
for phase; do
    cd "$S"
    "$phase"
done
