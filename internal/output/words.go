package output

import "strings"

// Words that ask for attention where they stand alone.
const (
	alarmingWords = `
	error errors errored err fatal panic panicked panics exception exceptions traceback failed failure failures
	fail fails failing segfault segmentation aborted abort aborting killed crash crashed denied refused rejected
	unreachable timeout corrupt corrupted corruption critical crit emerg emergency undefined unresolved conflict
	conflicts cannot unable invalid deadlock unhandled uncaught violation forbidden unauthorized exhausted
	unexpected oom overflow dumped mismatch misconfigured unavailable unsupported inconsistent vulnerable
	vulnerability stacktrace nonexistent lost bad broken illegal malformed expired incompatible unrecognized
	severe couldn cant
	fehler fehlgeschlagen abbruch abgebrochen schwerwiegend erreur erreurs introuvable errore errori erro fallo falha
	fout mislukt feil virhe hata`
	uneasyWords = `
	warning warnings warn deprecated missing caution retrying retry alert skipped stale disabled exceeded
	throttled slow dropped unused unknown degraded leak leaked skipping retried differs differ ignoring outdated
	vulnerabilities obsolete insecure truncated interrupted stuck
	warnung veraltet avertissement avviso aviso advertencia waarschuwing varning`
	// turningWords ask for it by the word before them: see word.missing.
	turningWords = "found such not"
)

// maxWord is the longest word that is looked at.
const maxWord = 24

var wordLevels = func() map[string]level {
	m := map[string]level{}
	for _, w := range strings.Fields(alarmingWords) {
		m[w] = alarmed
	}
	for _, w := range strings.Fields(uneasyWords) {
		m[w] = uneasy
	}
	return m
}()

// firstTwo tells, by the first two letters of a word, how long a word that asks for
// attention may be: a bit for each length. Nearly every word of a text is passed over by it.
var firstTwo = func() (table [32][32]uint32) {
	for _, list := range []string{alarmingWords, uneasyWords, turningWords} {
		for _, w := range strings.Fields(list) {
			table[w[0]&31][w[1]&31] |= 1 << len(w)
		}
	}
	return table
}()

// mayAlarm says whether a word is worth a closer look.
func (w word) mayAlarm(line string) bool {
	n := w.end - w.from
	if n < 3 || n > maxWord {
		return false
	}
	if firstTwo[line[w.from]&31][line[w.from+1]&31]&(1<<n) != 0 {
		return true
	}
	if n <= len("failure") {
		return n >= len("xerror") && line[w.end-1]|0x20 == 'r' && line[w.end-4]|0x20 == 'r'
	}
	switch line[w.end-1] | 0x20 { // xerror, xwarning, xexception, xrejection, xkilled, xfailure
	case 'r':
		return line[w.end-4]|0x20 == 'r'
	case 'g':
		return line[w.end-4]|0x20 == 'n'
	case 'n':
		return line[w.end-4]|0x20 == 't'
	case 'd':
		return line[w.end-6] == 'K'
	case 'e':
		return line[w.end-7] == 'F'
	}
	return false
}

// wordLevel is how much a word asks for attention, in capitals or not.
func wordLevel(w string) level {
	n := len(w)
	if n < 3 || n > maxWord {
		return calm
	}
	var lower [maxWord]byte
	for i := range n {
		lower[i] = w[i] | 0x20
	}
	if l, known := wordLevels[string(lower[:n])]; known {
		return l
	}
	switch { // a capital tells ValueError from thiserror, the name of a package
	case n > 7 && w[n-7] == 'W' && string(lower[n-7:n]) == "warning":
		return uneasy
	case n > 5 && w[n-5] == 'E' && string(lower[n-5:n]) == "error", n > 9 && w[n-9] == 'E' && string(lower[n-9:n]) == "exception":
		return alarmed
	case n > 9 && w[n-9] == 'R' && string(lower[n-9:n]) == "rejection", n > 6 && w[n-6] == 'K' && string(lower[n-6:n]) == "killed", n > 7 && w[n-7] == 'F' && string(lower[n-7:n]) == "failure":
		return alarmed
	}
	return calm
}
