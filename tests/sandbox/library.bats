# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# The example of the library, which hands a ticket to another user.

load common

@test "a ticket without the modify right, in another user's hands, can join and cannot change" {
	run --separate-stderr env LD_LIBRARY_PATH="$HELPERS" "$HELPERS/runtime" nobind '{mempolicy: {modes: {interleave: EPERM}}}' 65534 \
		"$HELPERS/helper" set 2 true
	echo "$output"
	[[ $status == 0 ]]
	[[ ${lines[0]} == "change: Permission denied" && ${lines[1]} == "widen: Permission denied" ]]
	[[ ${lines[2]} == "before: 2" && ${lines[3]} == "after: 0" ]]
	# The resident counts what joining tries, by either of the two, as well.
	[[ ${lines[4]} =~ ^"generation 2, refused "(1|3)$ ]]
}
