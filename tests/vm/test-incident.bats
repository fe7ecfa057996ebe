#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The incident that README shows goes as it says, on both kernels; and what
# tells it would notice when it did not.

bats_require_minimum_version 1.5.0

incident() {
	local status=0
	"$BATS_TEST_DIRNAME/incident" "$@" || status=$?
	if ((status == 77)); then skip "QEMU cannot run here"; fi
	return $status
}

@test "a stock kernel kills without mpolrun, and does not under it" {
	incident --kernel debian-6.12
}

@test "an older stock kernel kills, and mpolrun oom explains it" {
	incident --kernel debian-6.1 --act bare
}

@test "the lab kernel kills without mpolrun, and does not under it" {
	incident --kernel lab
}

@test "a launcher that prevents nothing is found out" {
	local launcher=$BATS_TEST_TMPDIR/mpolrun
	# shellcheck disable=SC2016  # for the launcher's shell
	printf '#!/bin/sh\nshift 3\nexec "$@"\n' >"$launcher"
	chmod +x "$launcher"
	MPOLRUN=$launcher run -1 --separate-stderr incident --kernel lab --act nobind --act nobind-quiet
	[[ $output == *"-p nobind"$'\n'*"FAILED: the bind was not refused with EPERM"$'\n'*"-p nobind-quiet"$'\n'*"FAILED: "* ]]
}
