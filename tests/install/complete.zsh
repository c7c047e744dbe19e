#!/usr/bin/env zsh
# complete.zsh FOLDER LINE: the words that zsh, with the completion functions of FOLDER, offers at the end of LINE; one on a line.
zmodload zsh/zpty

# What every completion function ends in: it notes what would be offered.
collector='
compadd() {
	if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
		local -a hits
		builtin compadd -A hits "$@"
		print -rl -- $hits >>$OFFERED
	fi
	builtin compadd "$@"
}
collect() { _main_complete }
zle -C collect list-choices collect
offer() { LBUFFER=$LINE_GIVEN; zle collect; print -r -- "<E""ND>" }
zle -N offer
bindkey "^G" offer'

export OFFERED=$(mktemp) COLLECTOR=$collector FUNCTIONS=$1 LINE_GIVEN=$2
zpty shell 'zsh -f -i'
zpty -w shell 'fpath=($FUNCTIONS $fpath); autoload -Uz compinit; compinit -u -D; eval $COLLECTOR; print "<RE""ADY>"'
zpty -r shell said '*<READY>*' && zpty -w -n shell $'\C-g' && zpty -r shell said '*<END>*'
zpty -d shell
cat $OFFERED
rm -f $OFFERED
