# SPDX-License-Identifier: LGPL-2.1-or-later
# Inherited files: what can undo the policy is closed, all else stays open.

load common

# Whether fd 7, opened on $1 (and, with $2, under that option), is closed in the command.
closed_as() {
	"$HELPERS/helper" open "$1" "$MPOLRUN" -p nobind ${2+"$2"} -- "$HELPERS/helper" closed 7
}

@test "harmless files stay open" {
	for kind in socket eventfd plain-memfd; do
		run closed_as "$kind"
		[[ $status == 1 && -z $output ]]
	done
	run bash -c '"$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 7 7</dev/null'
	[[ $status == 1 ]]
	run bash -c '"$MPOLRUN" -p nobind -- cat <(echo process substitution)'
	[[ $status == 0 && $output == "process substitution" ]]
}

@test "a seccomp listener is closed, unless --keep-fds" {
	run closed_as listener
	[[ $status == 0 ]]
	run closed_as listener --keep-fds
	[[ $status == 1 ]]
}

@test "a file is found whatever its number is" {
	run "$HELPERS/helper" open listener bash -c \
		'exec 200<&7 7<&- "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 200'
	[[ $status == 0 ]]
	run bash -c 'exec 200</dev/null "$MPOLRUN" -p nobind -- "$HELPERS/helper" closed 200'
	[[ $status == 1 ]]
}

@test "-v says which file is closed, and why" {
	run "$HELPERS/helper" open listener "$MPOLRUN" -v -p nobind -- true
	[[ $status == 0 && $output == *7*listener* ]]
}
