# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of live layers share. LIVE_BY chooses what holds them; without it the plan does.
# shellcheck shell=bash disable=SC2016 # inner shells expand

load json

by=(${LIVE_BY:+--mechanism "$LIVE_BY"})

setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=t$$.$BATS_TEST_NUMBER
	mkfifo "$dir/orders" "$dir/answers"
	exec 6<>"$dir/answers"
}

teardown() {
	exec 8>&-
	wait
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# What a shell does that obeys `order`, one line at a time: "$1" is the folder of this test. Without
# any program of its own: on an emulated CPU each takes longer than what is ordered.
obey='exec 6>&- 8>&-; while read -r line; do eval "$line" &>"$1/out"
	echo "status $?" >>"$1/out"; echo >"$1/answers"; done <"$1/orders"'

# Start such a shell under `mpolrun "$@"`.
start() {
	"$MPOLRUN" "${by[@]}" "$@" -- bash -c "$obey" - "$dir" 3>&- &
	exec 8>"$dir/orders"
}

order() {
	local answer
	output="no answer"
	echo "$*" >&8
	if read -r -t 10 -u 6 answer; then output=$(<"$dir/out"); fi
}

try() {
	order '"$HELPERS/helper"' set "$1" '"$HELPERS/helper"' policy
	echo "$output"
}

# What `layer show` tells of the layer by key $1.
field() {
	key "$("$MPOLRUN" layer show "$layer" --json)" "$1"
}

# The word for those under the layer that is counted here.
counted() {
	[[ $("$MPOLRUN" layer show "$layer" --json) == *'"members"'* ]] && echo members || echo launches
}
