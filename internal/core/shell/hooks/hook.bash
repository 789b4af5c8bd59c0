# Prompt marks for bash, 3.2 and later. Read once at start, and again by an exec
# that finds its functions gone. Every builtin is written \builtin so that neither
# an alias nor a function can stand in for it. No forks on any path of a prompt.
\unset -f builtin
case $- in *a*) \builtin set +a; __ais_k=a ;; *) __ais_k= ;; esac

__ais_h=@DIR@
: "${__ais_t:=@BOOT@}" "${__ais_m=}" "${__ais_l=}" "${__ais_o=}" "${__ais_ro=}" "${__ais_r:=0}"
__ais_g= __ais_f= __ais_z= __ais_ps=() __ais_wk= __ais_wt= __ais_xs=
__ais_p='\[\033]7701;P;${__ais_t};${__ais_xs:-$?};$-${__ais_o}${__ais_y-}\007\]'

# begin: the command is about to run.
__ais_c() {
  __ais_g=1 __ais_f= __ais_ps=()
  [[ ${PROMPT_COMMAND[9999]-} == *__ais_q* ]] || __ais_a 2>/dev/null
  \builtin printf '\033]7701;C;%s\007' "$__ais_t" >/dev/tty
}

# The status the user's own previous command left.
__ais_b() { \builtin return "$__ais_r"; }

# end: typed behind the command, and behind the noting of its status, which a prompt
# tells where this function is gone.
__ais_d() {
  __ais_r=$__ais_xs __ais_xs=
  [[ -z $__ais_g ]] || __ais_w
  \builtin return "$__ais_r"
}

# Prints the last D once more.
__ais_2() {
  case $__ais_l in ?*';'*) \builtin \printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty ;; esac
}

# pipes STATUS EACH...: behind a command that holds a pipeline, in its own file.
__ais_s() {
  \unset -f builtin
  __ais_ps=("$@")
  \builtin return "$1"
}

# The same, and nothing after it is output of the command any more.
__ais_e() {
  __ais_s "$@"
  \builtin printf '\033]7701;E;%s\007' "$__ais_t" >/dev/tty
  \builtin return "$1"
}

# Writes D. errexit and nounset are held back between execs: they would end the
# shell at the first failing prompt hook. The next exec gets them again.
__ais_w() {
  \unset -f builtin
  __ais_g=
  # Where nothing has changed since an end without anything unusual, nor has its text.
  # [[ would not tell A from a with nocasematch.
  if \builtin [ "$-;${__ais_o-};${__ais_f-};${__ais_z-};${__ais_ps-};${PWD-}" = "${__ais_wk-}" ]; then
    __ais_l="$__ais_t;$__ais_r;;$__ais_wt"
    \builtin printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty
    \builtin return
  fi
  \builtin local p=
  __ais_n
  # The pipe status is the last pipeline's only if nothing came between it and here.
  [[ ${__ais_ps-} != "$__ais_r" ]] || \builtin printf -v p '%s ' "${__ais_ps[@]:1}"
  case ${PWD-} in
  *[%[:cntrl:]]*) __ais_u ;;
  *) __ais_l=${PWD-} ;;
  esac
  [[ -z $__ais_z ]] || __ais_f=${__ais_f}s __ais_z=
  __ais_wk="$-;$__ais_o;;;;${PWD-}" __ais_wt="$-$__ais_o${__ais_y-};;$__ais_l"
  __ais_l="$__ais_t;$__ais_r;$p;$-$__ais_o${__ais_y-};$__ais_f;$__ais_l"
  \builtin printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty
}

__ais_n() {
  case $- in *e*) __ais_o=e${__ais_o#e}; \builtin set +e ;; esac
  case $- in *u*) __ais_o=${__ais_o%u}u; \builtin set +u ;; esac
}

# Escapes PWD into __ais_l.
__ais_u() {
  \builtin local x c
  __ais_l=${PWD//%/%25}
  for x in 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 7f; do
    \builtin printf -v c "\\x$x"
    __ais_l=${__ais_l//"$c"/%$x}
  done
}

# isolate FILE: in the subshell, before the command. What the session must learn goes
# into FILE when the subshell ends, however it ends: __ais_sd is its EXIT trap.
__ais_in() {
  __ais_z=$1
  __ais_v0=$(\builtin compgen -A variable) __ais_f0=$(\builtin compgen -A function)
  case $__ais_o in e*) __ais_r=0; \builtin set -e ;; esac
  case $__ais_o in *u) \builtin set -u ;; esac
  \builtin return "$__ais_r"
}

# The command came to its end: the state is written now, since the EXIT trap may be
# the user's own by this time.
__ais_se() {
  \builtin set -- "$?"
  __ais_sd
  __ais_z=
  \builtin return "$1"
}

# Writes the subshell's state as commands. Aliases come last: they would change how
# the functions before them are read. errexit and nounset travel in __ais_o, the job
# control of the session is its own.
__ais_sd() {
  case $__ais_z in '') \builtin return ;; esac
  case $- in *e*) __ais_o=e ;; *) __ais_o= ;; esac
  case $- in *u*) __ais_o=${__ais_o}u ;; esac
  \builtin set +e +u +x
  \unset -f builtin
  \builtin trap - DEBUG ERR RETURN
  { __ais_st; } >|"$__ais_z" 2>/dev/null
}
__ais_st() {
  \builtin printf '\\builtin cd -- %q\n' "${PWD-}"
  \builtin umask -p
  \builtin set +o >|"$__ais_z.o"
  while \builtin read -r REPLY; do
    case $REPLY in
    *monitor | *errexit | *nounset | *xtrace | *emacs | *vi | *history) ;;
    *) \builtin printf '%s\n' "$REPLY" ;;
    esac
  done <"$__ais_z.o"
  \builtin shopt -p
  \builtin printf '\\builtin unalias -a\n'
  \builtin declare -f
  \builtin declare -Fx
  \builtin unset __ais_t __ais_l __ais_r REPLY
  \builtin declare -p
  IFS='
'
  for REPLY in $__ais_v0; do
    \builtin declare -p "$REPLY" >/dev/null || \builtin printf '\\builtin unset %s\n' "$REPLY"
  done | while \builtin read -r REPLY; do
    case $REPLY in *' __ais_'* | *' REPLY') ;; *) \builtin printf '%s\n' "$REPLY" ;; esac
  done
  for REPLY in $__ais_f0; do
    \builtin declare -F "$REPLY" >/dev/null || \builtin printf '\\builtin unset -f %q\n' "$REPLY"
  done
  \builtin alias -p
  \builtin printf '__ais_z=\n'
}

# prompt: after the user's own prompt hooks; __ais_k is the status of his command.
__ais_q() {
  __ais_r=${__ais_xs:-$__ais_k}
  [[ -z $__ais_g ]] || { [[ -n ${__ais_xs-} ]] && __ais_f=${__ais_f}l || __ais_f=${__ais_f}b; __ais_w; }
  [[ -z ${__ais_xs-} ]] || \builtin . "$__ais_h/hook" # the end is gone
  case $- in *[eu]*) __ais_n ;; esac
  __ais_j
}

# Our mark in the prompt, and the user's history kept free of typed lines.
__ais_j() {
  [[ ${PS1-} == *'${__ais_t}'* ]] || { PS1=$__ais_p${PS1-}; \builtin export -n PS1; }
  case :${HISTCONTROL-}: in
  *:ignorespace:* | *:ignoreboth:*) ;;
  *) HISTCONTROL=${HISTCONTROL:+$HISTCONTROL:}ignorespace ;;
  esac
}

# editing ON: bash takes up another line editor only from a typed line or from its rc
# file, not from a prompt hook or a sourced file (it is "not interactive" there), so
# this is called by the typed lines. The user's mode is kept for the next person.
__ais_i() {
  if [[ -n $1 ]]; then
    [[ -z $__ais_m ]] || \builtin set -o "$__ais_m"
    \builtin return "$__ais_r"
  fi
  case :$SHELLOPTS: in
  *:emacs:*) __ais_m=emacs; \builtin set +o emacs ;;
  *:vi:*) __ais_m=vi; \builtin set +o vi ;;
  esac
  \builtin return "$__ais_r"
}

# arm: ours is the last prompt hook. From 5.1 on PROMPT_COMMAND is an array and each
# element sees the command's own status; an index far behind the user's keeps ours
# out of his way when he prepends to or replaces the first. Before that it is one
# string, which keeps the status in its first line. Whether the rc files have set traps
# that print shows only out here: functions and sourced files do not see them.
__ais_a() {
  [[ -z $__ais_ro ]] || { __ais_j; \builtin return; }
  \builtin local q='{ __ais_k=$?; [[ -n ${__ais_y+x} ]] || { \builtin trap -p DEBUG ERR >|"$__ais_h/traps"; [[ -s $__ais_h/traps ]] && __ais_y=! || __ais_y=; }; [[ -z $__ais_z ]] || \builtin . "$__ais_z"; __ais_q; } >/dev/null 2>&1
[[ -t 0 ]] || \exec 0<>/dev/tty'
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    # Its flags tell whether it is readonly: to try in a subshell is most of a millisecond.
    \builtin local f=
    \builtin declare -p PROMPT_COMMAND >|"$__ais_h/traps" 2>/dev/null && IFS= \builtin read -r f <"$__ais_h/traps" || :
    f=${f#declare -}
    case ${f%% *} in *r*) __ais_ro=1; __ais_j; \builtin return ;; esac
    PROMPT_COMMAND[9999]=$q
    \builtin return
  fi
  case ${PROMPT_COMMAND-} in *__ais_q*) \builtin return ;; esac
  (PROMPT_COMMAND=x) || { __ais_ro=1; __ais_j; \builtin return; }
  PROMPT_COMMAND="__ais_k=\$?
${PROMPT_COMMAND-}
${q/__ais_k=\$?; /}"
  \builtin export -n PROMPT_COMMAND
}

[[ ${PROMPT_COMMAND[9999]-} == *__ais_q* ]] || __ais_a 2>/dev/null

# The EXIT trap of the session's own shell: errexit that no parser could foresee (a
# sourced script turned it on) must end the exec, not the session. The shell takes its
# state along into a new one in the same process; jobs and positional parameters are
# lost. Without an open exec, or without errexit, an exit is an exit. stderr is named
# anew, a silenced group around the command would be inherited.
__ais_x() {
  __ais_r=$?
  case $__ais_g$- in 1*[eu]*) ;; *) \builtin return "$__ais_r" ;; esac
  __ais_z=$__ais_h/respawn.s __ais_v0= __ais_f0=
  \builtin set -- "$__ais_t" "$__ais_r"
  __ais_sd
  \builtin printf '__ais_t=%q __ais_r=%q\n' "$@" >>"$__ais_z"
  \builtin exec "$BASH" --rcfile "$__ais_h/respawn" -i 2>/dev/tty
}

# The user's own EXIT trap is left alone.
\builtin trap -p EXIT >|"$__ais_h/traps"
[[ -s $__ais_h/traps ]] || \builtin trap __ais_x EXIT
[[ -z $__ais_k ]] || \builtin set -a
