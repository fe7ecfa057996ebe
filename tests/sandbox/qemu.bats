# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: qemu-system-x86_64
# QEMU with guest memory that must come from one node.

load common

# Start, answer "quit" on the monitor, end.
quit_qemu() {
	echo quit | timeout 60 "$@" qemu-system-x86_64 -machine none -nodefaults -display none \
		-monitor stdio -object memory-backend-ram,id=m,size=64M,policy="$policy",host-nodes=0
}

@test "bare and under unrestricted it starts with memory bound to a node" {
	policy=bind
	run quit_qemu env
	[[ $status == 0 && $output == *"(qemu)"* ]]
	run quit_qemu "$MPOLRUN" -p unrestricted --
	[[ $status == 0 && $output == *"(qemu)"* ]]
}

@test "under nobind it fails cleanly: exit status 1 and a sentence" {
	policy=bind
	run quit_qemu "$MPOLRUN" -p nobind --
	[[ $status == 1 && $output == *"cannot bind memory to host NUMA nodes: Operation not permitted"* ]]
}

@test "under nobind it starts with memory interleaved or preferred" {
	for policy in interleave preferred; do
		run quit_qemu "$MPOLRUN" -p nobind --
		[[ $status == 0 && $output == *"(qemu)"* ]]
	done
}

@test "under container it starts, with the binding ignored" {
	policy=bind
	run quit_qemu "$MPOLRUN" -p container --
	[[ $status == 0 && $output == *"(qemu)"* ]]
}
