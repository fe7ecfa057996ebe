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

# /proc must show that it is closed, or nothing may run. $1: the answer, $2: to which calls.
closed_under() {
	run "$HELPERS/helper" open listener "$HELPERS/helper" answer "$1" "$2" \
		"$MPOLRUN" -p nobind -- readlink /proc/self/fd/7
	echo "$1 $2: status $status: $output"
	[[ $output != *"anon_inode:"* ]] || return 1
	[[ $status == 1 || $status == 125 ]]
}

@test "a filter above that answers what a file is, or that it is closed, keeps none open" {
	closed_under 0 none
	closed_under 0 setfd
	closed_under 9 getfd
	closed_under 1 getfd
	closed_under 1 fstatfs
	closed_under 0 fstatfs
	closed_under 0 list,close-range
	# under the same filters what is not dangerous stays open
	for call in setfd close-range; do
		run "$HELPERS/helper" open eventfd "$HELPERS/helper" answer 0 "$call" \
			"$MPOLRUN" -p nobind -- readlink /proc/self/fd/7
		echo "$call: status $status: $output"
		[[ $status == 0 && $output == "anon_inode:[eventfd]" ]]
	done
}

@test "what cannot be told of an inherited file is said, with what to do" {
	run "$HELPERS/helper" open plain-memfd "$HELPERS/helper" answer 1 fstatfs \
		"$MPOLRUN" -p nobind -- echo the-target-ran 4>&- # of bats
	assert_refused "inherited file 7 is: Operation not permitted (close it"
	run "$HELPERS/helper" open socket "$HELPERS/helper" answer 1 fstatfs \
		"$MPOLRUN" -p nobind -- echo the-target-ran </dev/null 4>&-
	echo "$output"
	[[ $status == 0 && ${lines[-1]} == the-target-ran ]] # in a guest a warning precedes it: the output is on tmpfs
}
