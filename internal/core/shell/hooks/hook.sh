# Prompt marks for dash and busybox ash: no prompt hook, so the prompt string carries
# the status of what was thrown away together with its line. `command` keeps an error
# from ending the shell.
\unset -f command 2>/dev/null

__ais_h=@DIR@
: "${__ais_t:=@BOOT@}" "${__ais_l=}" "${__ais_o=}" "${__ais_r:=0}"
__ais_g= __ais_f= __ais_z= __ais_xs=
__ais_e=$(\command \printf '\033') __ais_y=$(\command \printf '\007')

# begin: the command is about to run.
__ais_c() {
  __ais_g=1 __ais_f=
  __ais_a
  \command \printf '\033]7701;C;%s\007' "$__ais_t" >/dev/tty
}
__ais_b() { \return "$__ais_r"; }

# end: typed behind the command, and behind the noting of its status, which the prompt
# tells where this function is gone.
__ais_d() {
  __ais_r=$__ais_xs __ais_xs=
  case $__ais_g in ?*) __ais_w ;; esac
  \return "$__ais_r"
}

__ais_w() {
  __ais_g=
  __ais_a
  case $- in *e*) __ais_o=e${__ais_o#e}; \set +e ;; esac
  case $- in *u*) __ais_o=${__ais_o%u}u; \set +u ;; esac
  case ${PWD-} in
  *[%[:cntrl:]]*) __ais_u ;;
  *) __ais_l=${PWD-} ;;
  esac
  case $__ais_z in ?*) __ais_f=${__ais_f}s __ais_z= ;; esac
  __ais_l="$__ais_t;$__ais_r;;$-$__ais_o;$__ais_f;$__ais_l"
  \command \printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty
  \command \test -t 0 || \exec 0<>/dev/tty
}

# Prints the last D once more.
__ais_2() {
  case $__ais_l in ?*';'*) \command \printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty ;; esac
}

# isolate FILE: in the subshell, before the command. What the session must learn goes
# into FILE when the subshell ends, however it ends: __ais_sd is its EXIT trap.
__ais_in() {
  __ais_z=$1
  case $__ais_o in *u) \set -u ;; esac
  case $__ais_o in e*) __ais_r=0; \set -e ;; esac
  \return "$__ais_r"
}

# The command came to its end: the state is written now, since the EXIT trap may be
# the user's own by this time.
__ais_se() {
  \set -- "$?"
  __ais_sd
  __ais_z=
  \return "$1"
}

# Writes the subshell's state as commands: these shells can list variables, not
# functions. errexit and nounset travel in __ais_o.
__ais_sd() {
  case $__ais_z in '') \return ;; esac
  case $- in *e*) __ais_o=e ;; *) __ais_o= ;; esac
  case $- in *u*) __ais_o=${__ais_o}u ;; esac
  \set +e +u +x
  { __ais_st; } >|"$__ais_z" 2>/dev/null
}
__ais_st() {
  __ais_k=$- __ais_x=$PWD
  \unset __ais_t __ais_l __ais_r
  \set
  \export -p
  \alias >|"$__ais_z.o"
  while IFS= \read -r __ais_l; do
    \command \printf 'alias %s\n' "${__ais_l#alias }"
  done <"$__ais_z.o"
  \command \printf '\\umask %s\n' "$(\umask)"
  for __ais_l in a b C f v; do
    case $__ais_k in *$__ais_l*) ;; *) \command \printf '\\set +%s\n' "$__ais_l" ;; esac
  done
  for __ais_l in a C f v; do
    case $__ais_k in *$__ais_l*) \command \printf '\\set -%s\n' "$__ais_l" ;; esac
  done
  \command \printf '%s\n' '\cd -- "$__ais_x"' __ais_z=
}

# Escapes PWD into __ais_l, character by character.
__ais_u() {
  __ais_k=$PWD __ais_l=
  while \command \test -n "$__ais_k"; do
    __ais_x=${__ais_k%"${__ais_k#?}"} __ais_k=${__ais_k#?}
    case $__ais_x in
    [%[:cntrl:]]) __ais_x=%$(\command \printf %02x "'$__ais_x") ;;
    esac
    __ais_l=$__ais_l$__ais_x
  done
}

__ais_a() {
  case ${PS1-} in
  *'${__ais_t}'*) ;;
  *) PS1=$__ais_e']7701;P;${__ais_t};${__ais_xs:-$?};$-${__ais_o}'$__ais_y${PS1-} ;;
  esac
}
__ais_a
