package output

import "testing"

func TestComplaintsOfOtherLanguagesAreFound(t *testing.T) {
	exit := 1
	for _, c := range []struct{ line, kind, file, message string }{
		{"a.c:3:5: Fehler: »x« nicht deklariert", "build", "a.c", "»x« nicht deklariert"},
		{"a.c:3:5: erreur: « x » non déclaré", "build", "a.c", "« x » non déclaré"},
		{"a.c:3:5: ошибка: «x» не описан", "build", "a.c", "«x» не описан"},
		{"a.c:3:5: 错误：‘x’未声明", "build", "a.c", "‘x’未声明"},
		{"A.java:1: エラー: シンボルを見つけられません", "build", "A.java", "シンボルを見つけられません"},
		{"bash: Zeile 1: fooo: Kommando nicht gefunden.", "missing", "", "bash: Zeile 1: fooo: Kommando nicht gefunden."},
		{"bash: ligne 1: fooo\u00a0: commande introuvable", "missing", "", "bash: ligne 1: fooo\u00a0: commande introuvable"},
		{"cat: /etc/shadow: 許可がありません", "refused", "", "cat: /etc/shadow: 許可がありません"},
		{"Schwerwiegend: Kein Git-Repository", "error", "", "Schwerwiegend: Kein Git-Repository"},
		{"erreur\u00a0: le spécificateur de chemin « x » ne correspond à aucun fichier", "error", "", "erreur\u00a0: le spécificateur de chemin « x » ne correspond à aucun fichier"},
	} {
		command := "sh t.sh"
		if c.kind == "build" {
			command = "make"
		}
		r := Reduce(Input{Command: command, Exit: &exit, Bytes: []byte("start\r\n" + c.line + "\r\nend\r\n")})
		if len(r.Findings) == 0 {
			t.Errorf("%s: nothing found", c.line)
			continue
		}
		if f := r.Findings[0]; f.Kind != c.kind || f.File != c.file || f.Message != c.message || f.Severity != "error" {
			t.Errorf("%s: %+v", c.line, f)
		}
	}
}

func TestWordsOfOtherAlphabetsAlarm(t *testing.T) {
	for line, want := range map[string]level{
		"12:04 接続に失敗しました":                  alarmed,
		"12:04 Ошибка чтения":              alarmed,
		"12:04 échec du calcul":            alarmed,
		"12:04 警告 残り 3":                    uneasy,
		"12:04 OOMKilled: api-7 used 2 GB": alarmed,
		"12:04 UnhandledRejection of 44":   alarmed,
		"12:04 skilled hands":              calm,
		"12:04 接続しました":                     calm,
		"12:04 Fehler: 0":                  calm,
		"12:04 エラー: 0":                     calm,
	} {
		if got := alarm(line); got != want {
			t.Errorf("%s: %d, want %d", line, got, want)
		}
	}
}
