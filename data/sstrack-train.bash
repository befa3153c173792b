# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: 2026 The sstracker authors

# Completion of sstrack-train's command line for bash. What options there are and
# what they take the program itself is asked for.

# Prints the option's placeholder, such as FOLDER; nothing for what takes none.
_sstrack_train_takes () {
  "$1" --help-all 2>/dev/null |
    sed -n -E "s/^ +(-., )?$2=([^ ]+) .*/\2/p" | head -n 1
}

_sstrack_train () {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local option=

  # --option=word comes as three words where "=" divides them, as it mostly does
  if [[ $word == = ]]; then
    option=$before
    word=
  elif [[ $before == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $before == -? || $before == --* ]]; then
    option=$before
  fi
  case $option in
    -o) option=--output ;;
    -m) option=--model ;;
    -w) option=--work ;;
    -p) option=--profile ;;
  esac

  COMPREPLY=()
  case $option in
    --profile) mapfile -t COMPREPLY < <(compgen -W "quick full" -- "$word") ;;
    --rights) mapfile -t COMPREPLY < <(compgen -W "free" -- "$word") ;;
    --*)
      case $(_sstrack_train_takes "$1" "$option") in
        FOLDER) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
        FILE* | MODEL) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
        "") option= ;;
      esac
      ;;
  esac
  [[ -z $option ]] || return 0

  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$1" --help-all 2>/dev/null |
      grep -oE '^ +(-., )?--[a-z0-9-]+=?' | grep -oE -- '--[a-z0-9-]+=?')" \
      -- "$word")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
      compopt -o nospace 2>/dev/null
    fi
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}

complete -o filenames -F _sstrack_train sstrack-train
