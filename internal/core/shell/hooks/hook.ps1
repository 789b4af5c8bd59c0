# Prompt marks for PowerShell 5.1 and later. Written to its documentation; see the kind's
# Go file for what has not been tried. Marks go to the console itself: redirections of a
# pipeline do not reach it.
if (-not $global:__ais) {
    $global:__ais = @{ t = '@BOOT@'; o = [Console]::Out; g = $false; k = $null; l = ''; p = $null }
}

function global:__ais_w([string]$s) {
    $global:__ais.o.Write([string][char]27 + ']7701;' + $s + [string][char]7)
    $global:__ais.o.Flush()
}

# begin SECRET: a command is about to run. What a program ended with before is not its.
function global:__ais_c([string]$t) {
    $global:__ais.t = $t
    $global:__ais.g = $true
    $global:__ais.k = $null
    $global:LASTEXITCODE = $null
    __ais_a
    __ais_w ('C;' + $t)
}

# end OK FLAGS: writes D if an exec is open. k is whether the text's last statement
# succeeded, where the text was read to its end; OK is what is known without it.
function global:__ais_d([bool]$ok, [string]$f) {
    if (-not $global:__ais.g) { return }
    $global:__ais.g = $false
    if ($null -ne $global:__ais.k) { $ok = $global:__ais.k }
    $s = 0
    if (-not $ok) { $s = 1; if ($global:LASTEXITCODE) { $s = $global:LASTEXITCODE } }
    $d = [uri]::EscapeDataString((Get-Location).ProviderPath)
    $global:__ais.l = 'D;' + $global:__ais.t + ';' + $s + ';;i;' + $f + ';' + $d
    __ais_w $global:__ais.l
}

# The line editor, for a person who came, or not.
function global:__ais_i([bool]$on) {
    if ($on) { Import-Module PSReadLine -ErrorAction Ignore }
    else { Remove-Module PSReadLine -Force -ErrorAction Ignore }
}

# The prompt: the user's own, with our mark in front. One that is defined anew later is
# found at the next exec.
function global:__ais_a {
    $now = (Get-Item function:prompt -ErrorAction Ignore).ScriptBlock
    if ($now -and $now.ToString().Contains('__ais_m')) { return }
    $global:__ais.p = $now
    function global:prompt {
        $ok = $?
        $n = $global:LASTEXITCODE
        $m = __ais_m $ok
        $own = 'PS> '
        if ($global:__ais.p) {
            # The user's own prompt may ask how the last command went.
            $global:LASTEXITCODE = $n
            if (-not $ok) { Write-Error '' -ErrorAction Ignore }
            $own = [string](& $global:__ais.p)
        }
        $global:LASTEXITCODE = $n
        $m + $own
    }
}

# A line that was thrown away (^C, throw) has not reached its D.
function global:__ais_m([bool]$ok) {
    $n = $global:LASTEXITCODE
    if ($global:__ais.g) { __ais_d $false 'b' }
    $s = 0
    if (-not $ok) { $s = 1; if ($n) { $s = $n } }
    [string][char]27 + ']7701;P;' + $global:__ais.t + ';' + $s + ';i' + [string][char]7
}

__ais_a
__ais_i $false
