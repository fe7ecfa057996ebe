# SPDX-License-Identifier: LGPL-2.1-or-later
# needs: userns unshare
# shellcheck disable=SC2016 # inner shells expand
# unshare(1) and mount(8): what they do must go on working, but for what carries a policy.

load common

@test "unshare -Urm and mounts without options work under nobind" {
	run nobind unshare -Urm sh -c 'mount -t tmpfs none /mnt && mount --bind /mnt /tmp &&
		mount --make-rprivate / && umount /tmp && echo mounted'
	[[ $status == 0 && $output == mounted ]]
}

@test "a tmpfs with mpol=bind is refused under nobind, and mounts under nomigrate" {
	run nobind unshare -Urm sh -c 'mount -t tmpfs -o mpol=bind:0 none /mnt && echo mounted'
	[[ $status != 0 && $output != *mounted* ]]
	run "$MPOLRUN" -p nomigrate -- unshare -Urm sh -c \
		'mount -t tmpfs -o mpol=bind:0 none /mnt && grep " /mnt " /proc/self/mounts'
	[[ $status == 0 && $output == *mpol=bind:0* ]]
}

@test "as process 1 of a pid namespace" {
	run unshare -Urpf --mount-proc "$MPOLRUN" -p nobind -- sh -c 'echo $$; exec "$HELPERS/helper" set 2 true'
	[[ $status == 2 && ${lines[0]} == 1 && $output == *"not permitted"* ]]
	run unshare -Urpf --mount-proc "$MPOLRUN" -p nobind -- "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
}

@test "a binding is refused in new namespaces of every kind" {
	run nobind unshare -UrmpfiunC "$HELPERS/helper" set 2 true
	[[ $status == 2 && $output == *"not permitted"* ]]
	run nobind unshare -UrmpfiunC "$HELPERS/helper" set 3 "$HELPERS/helper" policy
	[[ $status == 0 && $output == 3 ]]
}
