# SPDX-License-Identifier: LGPL-2.1-or-later
# What every .bats file here loads. MPOLRUN and HELPERS come from `run`.
# shellcheck shell=bash disable=SC2154 # status and output are set by run

bats_require_minimum_version 1.5.0

# Nothing of the caller's may choose a profile, or colour what is compared.
unset MPOLRUN_PROFILE XDG_CONFIG_HOME
export NO_COLOR=1 LC_ALL=C
# And no folder of root's that an ordinary user may not even look into.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

nobind() {
	"$MPOLRUN" -p nobind -- "$@"
}

unrestricted() {
	"$MPOLRUN" -p unrestricted -- "$@"
}

# Exit 125, nothing run, and a message that starts as ours do and holds $1.
assert_refused() {
	echo "status $status: $output"
	[[ $status == 125 ]]
	[[ $output == mpolrun:* || $output == *$'\n'mpolrun:* ]]
	[[ $output == *"$1"* ]]
	[[ $output != *the-target-ran* ]]
}

# The status by which the parent sees the command in "$@" end: N, or -SIGNAL.
wait_status() {
	"$HELPERS/helper" status "$@"
}

# The numa_maps of a process hold no mapping of mode $1, and the text of $2 shows that it is one.
no_mode_in() {
	[[ $2 == *kernelpagesize_kB* ]]
	[[ $2 != *" $1:"* ]]
}
