# Prompt marks for zsh, 5.0 and later. Scalars only (KSH_ARRAYS moves array indexes),
# no short forms (sh emulation refuses them), every builtin called as such.
\unset -f builtin 2>/dev/null
if [[ -o allexport ]]; then \builtin unsetopt allexport; __ais_k=a; else __ais_k=; fi

__ais_h=@DIR@
: "${__ais_t:=@BOOT@}" "${__ais_l=}" "${__ais_o=}" "${__ais_r:=0}" "${__ais_m=}"
__ais_g= __ais_f= __ais_z= __ais_ps= __ais_y= __ais_xs=

# begin: the command is about to run. The prompt gets this exec's secret now, so that
# it stands in for D even if the prompt hook does not survive the command. A call of a
# function costs zsh a dozen system calls, so there are few on this path.
__ais_c() {
  __ais_g=1 __ais_f= __ais_ps=
  case "${precmd_functions[*]-}" in
  *__ais_q) ;;
  *) __ais_x ;;
  esac
  PS1='%{'$'\033'']7701;P;'"$__ais_t;%?;$-$__ais_o"$'\007''%}'${PS1#*7701;P;*$'\007%}'}
  \builtin printf '\033]7701;C;%s\007' "$__ais_t" >/dev/tty
}

__ais_b() { \builtin return "$__ais_r"; }

# end: typed behind the command, and behind the noting of its status, which the prompt's
# hook tells where this function is gone.
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
  (( ${+functions[builtin]} )) && \unset -f builtin
  \builtin local IFS=' '
  __ais_ps="$*"
  \builtin return "$1"
}

# The same, and nothing after it is output of the command any more.
__ais_e() {
  __ais_s "$@"
  \builtin printf '\033]7701;E;%s\007' "$__ais_t" >/dev/tty
  \builtin return "$1"
}

__ais_w() {
  (( ${+functions[builtin]} )) && \unset -f builtin
  \builtin local p=
  __ais_g=
  if [[ -o errexit || ! -o unset ]]; then __ais_n; fi
  # A file given up half-way answers 126, where typed text answers 1.
  case $__ais_r:$__ais_y:$__ais_ps in 126:1:) __ais_r=1 ;; esac
  __ais_y=
  case $__ais_ps in "$__ais_r "*) p=${__ais_ps#* } ;; esac
  case ${PWD-} in
  *[%[:cntrl:]]*) __ais_u ;;
  *) __ais_l=${PWD-} ;;
  esac
  [[ -z $__ais_z ]] || { __ais_f=${__ais_f}s; __ais_z=; }
  __ais_l="$__ais_t;$__ais_r;$p;$-$__ais_o;$__ais_f;$__ais_l"
  \builtin printf '\033]7701;D;%s\007' "$__ais_l" >/dev/tty
}

# errexit and nounset are held back between execs.
__ais_n() {
  if [[ -o errexit ]]; then __ais_o=e${__ais_o#e}; \builtin unsetopt errexit; fi
  if [[ ! -o unset ]]; then __ais_o=${__ais_o%u}u; \builtin setopt unset; fi
}

# isolate FILE: in the subshell, before the command. What the session must learn goes
# into FILE when the subshell ends, however it ends: __ais_sd is its EXIT trap.
__ais_in() {
  __ais_z=$1
  \builtin zmodload zsh/parameter
  \builtin typeset -gA __ais_F
  __ais_F=("${(@kv)functions}")
  __ais_v0="${(k)parameters}"
  case $__ais_o in *u) \builtin setopt nounset ;; esac
  case $__ais_o in e*) __ais_r=0; \builtin setopt errexit ;; esac
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
# the functions before them are read. errexit and nounset travel in __ais_o.
__ais_sd() {
  case $__ais_z in '') \builtin return ;; esac
  __ais_o=
  if [[ -o errexit ]]; then __ais_o=e; \builtin unsetopt errexit; fi
  if [[ ! -o unset ]]; then __ais_o=${__ais_o}u; \builtin setopt unset; fi
  __ais_k="${(kv)options}"
  { __ais_st; } >|"$__ais_z" 2>/dev/null
}
__ais_st() {
  \builtin emulate -L zsh
  \builtin setopt extendedglob
  \builtin local n v t
  \builtin print -r -- "\\builtin cd -- ${(q)PWD}"
  \builtin print -r -- "\\builtin umask $(\builtin umask)"
  for n v in ${(z)__ais_k}; do
    case $n in
    monitor | errexit | unset | xtrace | zle | interactive | shinstdin | login | privileged | restricted | singlecommand | promptsp | exec | localoptions) ;;
    *) if [[ $v == on ]]; then \builtin print -r -- "\\builtin setopt $n"; else \builtin print -r -- "\\builtin unsetopt $n"; fi ;;
    esac
  done
  \builtin print -r -- "\\builtin unalias -m '*'"
  for n in ${(k)functions}; do
    [[ $n == __ais_* || ${functions[$n]} == "${__ais_F[$n]-}" ]] || \builtin functions -- $n
  done
  for n in ${(k)__ais_F}; do
    (( ${+functions[$n]} )) || \builtin print -r -- "\\builtin unset -f -- ${(q)n}"
  done
  for n t in ${(kv)parameters}; do
    case $t:$n in
    *readonly*special*:* | *hide*:* | *local*:* | *:__ais_[^po]* | *:_ | *:argv | *:status | *:pipestatus) ;;
    *special*:PATH | *special*:IFS | *special*:*PS[1-4] | *special*:PROMPT* | *special*:HIST* | *special*:CDPATH | *special*:FPATH | *special*:LANG | *special*:LC_* | *special*:TERM | *special*:HOME | *special*:*CMD | *special*:WORDCHARS) \builtin typeset -p -- $n ;;
    *special*:*) ;;
    *readonly*:*) [[ " $__ais_v0 " == *" $n "* ]] || \builtin typeset -p -- $n ;;
    *) \builtin typeset -p -- $n ;;
    esac
  done
  for n in ${(z)__ais_v0}; do
    (( ${+parameters[$n]} )) || [[ $n == __ais_* ]] || \builtin print -r -- "\\builtin unset -- ${(q)n}"
  done
  \builtin alias -L
  \builtin print -r -- __ais_z=
}

# Escapes PWD into __ais_l.
__ais_u() {
  \builtin emulate -L zsh
  \builtin local x c
  __ais_l=${PWD//\%/%25}
  for x in 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f 7f; do
    \builtin printf -v c "\\x$x"
    __ais_l=${__ais_l//"$c"/%$x}
  done
}

# prompt: the last of the precmd functions.
__ais_q() {
  __ais_k=$?
  { __ais_v; } >/dev/null 2>&1
  [[ -t 0 ]] || \exec 0<>/dev/tty
  \builtin return "$__ais_k"
}
__ais_v() {
  [[ -z $__ais_z ]] || \builtin . "$__ais_z"
  __ais_r=$__ais_k
  if [[ -n $__ais_g && -n ${__ais_xs-} ]]; then
    __ais_f=${__ais_f}l __ais_r=$__ais_xs
    __ais_w
    __ais_xs=$__ais_k
    \builtin . "$__ais_h/hook" # the end is gone
    __ais_k=$__ais_xs __ais_xs=
  elif [[ -n $__ais_g ]]; then
    # A line thrown away by ^C in a builtin leaves the status of whatever ran before.
    __ais_f=${__ais_f}b
    case $__ais_r in 0) __ais_r=130 ;; esac
    __ais_w
  fi
  __ais_r=$__ais_k
  __ais_n
  __ais_j
  [[ -o histignorespace ]] || \builtin setopt histignorespace
}

# Puts our mark in front of the user's prompt: literally, he may expand no variables
# in it; %? is the status.
__ais_j() {
  \builtin local p='%{'$'\033'']7701;P;'"$__ais_t;%?;$-$__ais_o"$'\007''%}'
  case ${PS1-} in
  "$p"*) ;;
  *) PS1=$p${PS1#*7701;P;*$'\007%}'} ;;
  esac
}

# editing ON
__ais_i() {
  if [[ -n $1 ]]; then
    [[ -z $__ais_m ]] || \builtin setopt $=__ais_m
    \builtin return "$__ais_r"
  fi
  __ais_m=
  if [[ -o zle ]]; then __ais_m=zle; fi
  if [[ -o promptsp ]]; then __ais_m="$__ais_m promptsp"; fi
  \builtin unsetopt zle promptsp
  \builtin return "$__ais_r"
}

# arm: ours is the last of the precmd functions; a command may have dropped it.
__ais_a() {
  case " ${precmd_functions[*]-} " in
  *' __ais_q ') ;;
  *) __ais_x ;;
  esac
}
__ais_x() {
  \builtin emulate -L zsh
  precmd_functions=(${precmd_functions:#__ais_q} __ais_q)
}

# boot: the first of the precmd functions, from .zshenv on. Functions that the rc files
# have added run after it and may still set the prompt, so it shows the mark itself.
__ais_boot() {
  precmd_functions=("${(@)precmd_functions:#__ais_boot}")
  __ais_i ''
  __ais_a
  __ais_q
  \builtin printf '\033]7701;P;%s;0;%s\007' "$__ais_t" "$-" >/dev/tty
  \builtin unset -f __ais_boot
}
if [[ -n $__ais_k ]]; then \builtin setopt allexport; fi
