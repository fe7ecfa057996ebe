# SPDX-License-Identifier: LGPL-2.1-or-later
# JSON of ours in the shell; without python3, which on an emulated CPU takes longer than what is tested.
# shellcheck shell=bash

# The value of the first key $2 of the JSON $1, a string that has no escapes, or a word.
key() {
	local value="\"$2\" ?: ?(\"([^\"\\\\]*)\"|[^]\",}[:space:]]+)"
	[[ $1 =~ $value ]]
	value=${BASH_REMATCH[1]}
	echo "${value//\"/}"
}
