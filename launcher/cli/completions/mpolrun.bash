# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of mpolrun(1) for bash; works without the bash-completion package, better with it.

@DATA@

_mpolrun_profiles()
{
	# Names stand at the line's start; what is indented belongs to the name above.
	mpolrun profile list 2>/dev/null | sed -n 's/^\([^ ]\{1,\}\).*/\1/p'
}

_mpolrun_layers()
{
	mpolrun layer list 2>/dev/null | sed -n 's/^\([^ ]\{1,\}\).*/\1/p'
}

# The values of option $1 that begin with $2, which stands behind $3 in the same word.
_mpolrun_value()
{
	local kind words
	kind=$(_mpolrun_kind "$1")
	words=${kind#* }
	case $kind in
	profile)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -W "$(_mpolrun_profiles)" -- "$2"; compgen -f -- "$2")
		;;
	list\ *)
		compopt -o nospace 2>/dev/null
		local before=
		[[ $2 == *,* ]] && before=${2%,*},
		mapfile -t COMPREPLY < <(compgen -P "$3$before" -W "$words" -- "${2##*,}")
		;;
	words\ *)
		mapfile -t COMPREPLY < <(compgen -P "$3" -W "$words" -- "$2")
		;;
	esac
}

_mpolrun()
{
	local -a words=() raw=()
	local i joined=0 word command=run option=

	# bash takes "--mode=0640" for three words where "=" is in COMP_WORDBREAKS.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if ((${#words[@]})) && [[ $word == "=" && ${words[-1]} == --* ]]; then
			words[-1]+="="
			joined=1
		elif ((joined)); then
			words[-1]+=$word
			joined=0
		else
			words+=("$word")
			raw+=("$i")
		fi
	done
	local last=$((${#words[@]} - 1))
	local current=${words[last]}
	COMPREPLY=()

	i=1
	if ((last > 1)) && [[ " $_mpolrun_commands " == *" ${words[1]} "* ]]; then
		command=${words[1]}
		i=2
		if [[ -n $(_mpolrun_verbs "$command") ]]; then
			if ((last == 2)) && [[ $current != -* ]]; then
				mapfile -t COMPREPLY < <(compgen -W "$(_mpolrun_verbs "$command")" -- "$current")
				return
			fi
			if ((last > 2)); then
				command="$command ${words[2]}"
				i=3
			fi
		fi
		if _mpolrun_takes_layer "$command" && [[ ${words[i]} != -* ]]; then
			if ((i == last)); then
				[[ $command == *" create" ]] ||
					mapfile -t COMPREPLY < <(compgen -W "$(_mpolrun_layers)" -- "$current")
				return
			fi
			i=$((i + 1))
		fi
	fi

	# Over the options that are complete, to what the current word is.
	for (( ; i < last; i++)); do
		case ${words[i]} in
		--)
			i=$((i + 1))
			break
			;;
		--*=*) ;;
		-?*)
			if _mpolrun_takes_word "${words[i]}"; then
				i=$((i + 1))
				if ((i == last)); then
					_mpolrun_value "${words[last - 1]}" "$current" ""
					return
				fi
			fi
			;;
		*)
			break
			;;
		esac
	done

	if ((i == last)) && [[ ${words[i - 1]} != -- ]]; then
		if [[ $current == --*=* ]]; then
			option=${current%%=*}
			if [[ $COMP_WORDBREAKS == *=* ]]; then
				_mpolrun_value "$option" "${current#*=}" ""
			else
				_mpolrun_value "$option" "${current#*=}" "$option="
			fi
			return
		fi
		if [[ $current == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_mpolrun_options "$command")" -- "$current")
			return
		fi
	fi

	case $(_mpolrun_operands "$command") in
	command)
		if ((i == last)); then
			mapfile -t COMPREPLY < <(
				[[ $command == run ]] && ((last == 1)) && compgen -W "$_mpolrun_commands" -- "$current"
				compgen -c -- "$current"
			)
		elif declare -F _command_offset >/dev/null; then
			_command_offset "${raw[i]}"
		else
			compopt -o default 2>/dev/null
		fi
		;;
	profile1)
		((i == last)) && _mpolrun_value --profile "$current" ""
		;;
	profile)
		_mpolrun_value --profile "$current" ""
		;;
	file)
		compopt -o filenames 2>/dev/null
		((i == last)) && mapfile -t COMPREPLY < <(compgen -f -- "$current")
		;;
	help)
		((i == last)) && mapfile -t COMPREPLY < <(compgen -W "$_mpolrun_commands" -- "$current")
		((i + 1 == last)) &&
			mapfile -t COMPREPLY < <(compgen -W "$(_mpolrun_verbs "${words[i]}")" -- "$current")
		;;
	esac
}

complete -F _mpolrun mpolrun
