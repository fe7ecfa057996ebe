# SPDX-License-Identifier: LGPL-2.1-or-later
# kernel: any
# Live layers, changed as fast as can be, and made and closed by the thousand. LIVE_MECHANISMS: which
# mechanisms must be there (default: notify). LIVE_SECONDS (10), LIVE_TICKETS (10000): how much of it.

load common

@test "no call gets an answer that neither policy gives, while eight threads call and a writer writes" {
	for mechanism in ${LIVE_MECHANISMS:-notify}; do
		run "$HELPERS/updates" "$mechanism" "${LIVE_SECONDS:-10}"
		echo "$mechanism: $output"
		[[ $status == 0 ]]
	done
}

@test "tickets are made, passed and closed by the thousand without a leak" {
	for mechanism in seccomp ${LIVE_MECHANISMS:-notify}; do
		run "$HELPERS/tickets" "${LIVE_TICKETS:-10000}" "$mechanism"
		echo "$mechanism: $status $output"
		[[ $status == 0 ]]
	done
}
