#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests/vm/kernel promises, tried in a copy with a cache of its own. The
# lab kernel is not built here, only as far as its configuration.

bats_require_minimum_version 1.5.0

setup() {
	local real=${XDG_CACHE_HOME:-$HOME/.cache}/mpolrun
	apt-cache show linux-source-6.12 >/dev/null 2>&1 || skip "apt knows no linux-source-6.12"
	here=$BATS_TEST_TMPDIR/vm
	mkdir -p "$here/patches" "$BATS_TEST_TMPDIR/cache/mpolrun"
	cp "$BATS_TEST_DIRNAME/kernel" "$BATS_TEST_DIRNAME/kernel.config" "$here/"
	# What was downloaded stays so.
	if [[ -d $real/source ]]; then ln -s "$real/source" "$BATS_TEST_TMPDIR/cache/mpolrun/source"; fi
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
	cache=$XDG_CACHE_HOME/mpolrun
}

# Nothing half-made: neither work folders, nor kernels without an image.
tidy() {
	local folder
	for folder in "$cache"/tmp.* "$cache"/kernels/*; do
		[[ -e $folder ]] || continue
		[[ $folder == */kernels/* && -s $folder/image && -e $folder/load ]]
	done
}

# In one test, as what is downloaded and unpacked is most of what it takes.
@test "an interrupted run leaves nothing behind; then two at once make one kernel, and a later run asks nobody" {
	local first second pid tries status=0
	env --default-signal=INT "$here/kernel" debian-6.1 3>&- &
	pid=$!
	for ((tries = 0; tries < 200; tries++)); do
		[[ -n $(find "$cache" -name '*.deb*' -print -quit) ]] && break
		sleep 0.05
	done
	kill -TERM $pid
	wait $pid || status=$?
	((status == 143))
	tidy
	"$here/kernel" debian-6.1 >"$BATS_TEST_TMPDIR/first" &
	first=$!
	"$here/kernel" debian-6.1 >"$BATS_TEST_TMPDIR/second" &
	second=$!
	wait $first
	wait $second
	cmp "$BATS_TEST_TMPDIR/first" "$BATS_TEST_TMPDIR/second"
	tidy
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\nexit 99\n' | tee "$BATS_TEST_TMPDIR/bin/apt-get" >"$BATS_TEST_TMPDIR/bin/apt-cache"
	chmod +x "$BATS_TEST_TMPDIR"/bin/*
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 --separate-stderr "$here/kernel" debian-6.1
	[[ $output == "$(<"$BATS_TEST_TMPDIR/first")" ]]
	# With nothing known of its age it is the newest of the cache, and still good.
	rm "$cache/current/debian-6.1"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -0 --separate-stderr "$here/kernel" debian-6.1
	[[ $output == "$(<"$BATS_TEST_TMPDIR/first")" ]]
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run -77 "$here/kernel" debian-6.12
}

# The tarball of the source that apt knows is to be of the one folder $1.
packed() {
	rm -f "$cache/source"
	mkdir "$cache/source"
	tar -C "${1%/*}" -c "${1##*/}" | xz -0 >"$cache/source/${1##*/}-$version.tar.xz"
}

@test "an option that the source does not grant is named" {
	local version top=$BATS_TEST_TMPDIR/source/linux-source-6.12 tarball
	version=$(apt-cache policy linux-source-6.12 | sed -n 's/^  Candidate: //p')
	tarball=$cache/source/linux-source-6.12-$version.tar.xz
	if [[ -e $tarball ]]; then
		# As much of it as a configuration takes: unpacking all is most of what this would take.
		mkdir -p "${top%/*}"
		tar -C "${top%/*}" -xJf "$tarball" --wildcards "${top##*/}"/{Kbuild,Makefile,scripts,kernel/configs} \
			"${top##*/}"/arch/x86/{configs,'Makefile*'} '*/Kconfig*'
		packed "$top"
	fi
	printf 'CONFIG_NO_SUCH_THING=y\nCONFIG_PRINTK=n\nCONFIG_BUG=y\n' >"$here/kernel.config"
	run -1 "$here/kernel" lab
	[[ $output == *"does not grant: CONFIG_NO_SUCH_THING=y"* ]]
	[[ $output != *CONFIG_BUG* && $output != *CONFIG_PRINTK* ]]
	tidy
}

@test "a patch that does not apply is named" {
	local version top=$BATS_TEST_TMPDIR/source/linux-source-6.12
	# As much of a source as it takes: a real one takes longer to unpack than all else here.
	version=$(apt-cache policy linux-source-6.12 | sed -n 's/^  Candidate: //p')
	mkdir -p "$top"
	echo 'obj-y += init/' >"$top/Kbuild"
	packed "$top"
	printf -- '--- a/Kbuild\n+++ b/Kbuild\n@@ -1,1 +1,1 @@\n-no such line\n+another\n' >"$here/patches/0001-wrong.patch"
	run -1 "$here/kernel" lab
	[[ $output == *"0001-wrong.patch does not apply"* ]]
	tidy
}
