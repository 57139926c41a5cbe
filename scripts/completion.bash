# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# bash completion: the program itself knows its verbs, options and addresses.
_scanwall()
{
	local line=${COMP_LINE:0:COMP_POINT} words cur i

	# Not COMP_WORDS: that cuts IPv6 addresses at their colons.
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=("")
	cur=${words[-1]}
	mapfile -t COMPREPLY < <("$1" __complete -- "${words[@]:1}" 2>/dev/null)
	if [[ ${COMPREPLY[0]-} == :file ]]; then
		COMPREPLY=()
		compopt -o default
		return
	fi
	# The shell puts in only what follows the last colon.
	[[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] || return 0
	for i in "${!COMPREPLY[@]}"; do
		COMPREPLY[i]=${COMPREPLY[i]#"${cur%"${cur##*:}"}"}
	done
}
complete -F _scanwall scanwall
