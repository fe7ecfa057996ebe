# SPDX-License-Identifier: LGPL-2.1-or-later
# What the tests of live layers share. LIVE_BY chooses what holds them; without it the plan does.
# shellcheck shell=bash disable=SC2016 # inner shells expand

by=(${LIVE_BY:+--mechanism "$LIVE_BY"})

setup() {
	dir=$(mktemp -d)
	export XDG_RUNTIME_DIR=$dir
	chmod 700 "$dir"
	layer=t$$.$BATS_TEST_NUMBER
	mkfifo "$dir/orders"
}

teardown() {
	exec 8>&-
	wait
	"$MPOLRUN" layer remove "$layer" 2>/dev/null || true
	rm -rf "$dir"
}

# Start a shell under `mpolrun "$@"` that does what `order` sends it, one line at a time.
start() {
	"$MPOLRUN" "${by[@]}" "$@" -- bash -c 'exec 8>&-; while read -r line; do eval "$line" &>"$1/out"
		echo "status $?" >>"$1/out"; mv "$1/out" "$1/done"; done <"$1/orders"' - "$dir" 3>&- &
	exec 8>"$dir/orders"
}

order() {
	rm -f "$dir/done"
	echo "$*" >&8
	for _ in {1..200}; do
		[[ -e $dir/done ]] && break
		sleep 0.05
	done
	run cat "$dir/done"
}

try() {
	order '"$HELPERS/helper"' set "$1" '"$HELPERS/helper"' policy
	echo "$output"
}

field() {
	"$MPOLRUN" layer show "$layer" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# The word for those under the layer that is counted here.
counted() {
	"$MPOLRUN" layer show "$layer" --json | grep -q '"members"' && echo members || echo launches
}
