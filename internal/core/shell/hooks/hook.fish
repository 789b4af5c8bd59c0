# Prompt marks for fish, 3.0 and later. Its reserved words cannot be shadowed; the
# others are called as builtins. The editor stays on: fish has no other way to read.
set -q __ais_t; or set -g __ais_t @BOOT@
set -q __ais_l; or set -g __ais_l ''
set -g __ais_h @DIR@
set -g __ais_g ''
set -g __ais_ps

# end STATUS PIPESTATUS...: writes D if an exec is open. __ais_ps is what a command
# with a pipeline has left, its own file's last line.
function __ais_d
    test -n "$__ais_g"; or return $argv[1]
    set -q __ais_ps[1]; and set argv $argv[1] $__ais_ps
    set -g __ais_ps
    set -g __ais_g ''
    set -g __ais_l "$__ais_t;$argv[1];$argv[2..-1];i;$__ais_f;"(string escape --style=url -- "$PWD")
    builtin printf '\e]7701;D;%s\a' $__ais_l >/dev/tty
    return $argv[1]
end

# The status the user's own previous command left.
function __ais_b
    return $argv[1]
end

# A line that was thrown away (^C) has not reached its D.
function __ais_q --on-event fish_postexec
    set -l s $status
    test -n "$__ais_g"; or return $s
    set -g __ais_f b
    test $s -ne 0; and __ais_d $s; or __ais_d 130
    set -g __ais_f
    return $s
end

# The prompt: the user's own, with our mark in front. A prompt that is defined anew
# later is found at the next exec.
function __ais_a
    functions -q fish_prompt; or function fish_prompt; end
    string match -q '*__ais_m*' -- (functions fish_prompt); and return
    functions -e __ais_p
    functions -c fish_prompt __ais_p
    function fish_prompt
        __ais_m $status
        __ais_p
    end
end
function __ais_m
    builtin printf '\e]7701;P;%s;%s;i\a' $__ais_t $argv[1]
    return $argv[1]
end

__ais_a
