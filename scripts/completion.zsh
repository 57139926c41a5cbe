#compdef scanwall
# SPDX-License-Identifier: GPL-2.0-only
# zsh completion: the program itself knows its verbs, options and addresses.
local -a found
found=("${(@f)$("$words[1]" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
if [[ ${found[1]} == :file ]]; then
	_files
else
	compadd -- "${(@)found:#}"
fi
