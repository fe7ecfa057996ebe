# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion of mpolrun(1) for fish.

function __mpolrun_profiles
	mpolrun profile list 2>/dev/null | string match -r '^[^ ]+'
end

# Lists with commas: what stands before the last one, and each of the words.
function __mpolrun_list
	set -l before (string match -r '^(?:--[a-z-]+=)?(.*,)' -- (commandline -ct))[2]
	printf '%s\n' "$before"$argv
end

function __mpolrun_layers
	mpolrun layer list 2>/dev/null | string match -r '^[^ ]+'
end

# What is being completed: "run", "profile list", ..., "verb of profile", "layer", and of what run and
# layer exec run, "program" behind "--", then "command".
function __mpolrun_state
	set -l words (commandline -opc)
	set -e words[1]
	set -l state run
	if contains -- "$words[1]" $__mpolrun_commands
		set state $words[1]
		set -e words[1]
		if contains -- $state $__mpolrun_with_verbs
			if not set -q words[1]
				echo "verb of $state"
				return
			end
			set state "$state $words[1]"
			set -e words[1]
		end
		if contains -- $state $__mpolrun_take_layer
			if not set -q words[1]
				test $state = "layer create"; or echo layer
				return
			end
			string match -q -- '-*' $words[1]; or set -e words[1]
		end
	end
	while set -q words[1]
		set -l word $words[1]
		set -e words[1]
		if contains -- $word $__mpolrun_take_word
			set -e words[1]
		else if test "$word" = --; or not string match -q -- '-*' $word
			if contains -- $state $__mpolrun_execute
				set state command
				test "$word" = --; and not set -q words[1]; and set state program
			end
			break
		end
	end
	echo $state
end

function __mpolrun_is
	contains -- "$(__mpolrun_state)" $argv
end

# The first word that is no option yet, and no subcommand before it.
function __mpolrun_first
	test (count (commandline -opc)) -eq 1
end

@DATA@

complete -c mpolrun -f
complete -c mpolrun -n '__mpolrun_is command' -F
complete -c mpolrun -n '__mpolrun_is $__mpolrun_execute program' -a '(__fish_complete_command)'
complete -c mpolrun -n '__mpolrun_is $__mpolrun_take_profiles' -a '(__mpolrun_profiles)' -F
complete -c mpolrun -n '__mpolrun_is $__mpolrun_take_file' -F
complete -c mpolrun -n '__mpolrun_is layer' -a '(__mpolrun_layers)'

