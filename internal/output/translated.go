package output

import "strings"

// What the catalogues of gcc, git, bash, the C library and javac have for the words that a
// complaint begins or ends with. English is read elsewhere, by more than its words; of other
// languages the severity, and the few texts of the system that most failures end with, are
// enough to find what went wrong.

// severitiesAbroad are what stands before the colon.
var severitiesAbroad = wordsFor(map[string]string{
	"error": `Fehler|fejl|σφάλμα|virhe|erreur|greška|エラー|fout|ошибка|грешка|fel|hata|помилка|lỗi|错误|錯誤|kesalahan|errore|erro|błąd|오류|chyba|feil|hiba
		schwerwiegender Fehler|Schwerwiegend|fatal fejl|μοιραίο σφάλμα|error fatal|vakava virhe|erreur fatale|fatalna greška|致命的エラー|fatale fout
		фатальная ошибка|Неустранимая ошибка|кобна грешка|ödesdigert fel|ödesdigert|ölümcül hata|onulmaz|критична помилка|lỗi nghiêm trọng|致命错误|致命錯誤|嚴重錯誤
		errore fatale|erro fatal|błąd krytyczny|치명적 오류|致命的なエラー|фатална грешка|interner Compiler-Fehler|erreur interne du compilateur|コンパイラ内部エラー
		error interno del compilador|внутренняя ошибка компилятора|编译器内部错误|編譯器內部錯誤`,
	"warning": `Warnung|advarsel|προειδοποίηση|aviso|varoitus|attention|avertissement|upozorenje|peringatan|警告|let op|waarschuwing|предупреждение
		упозорење|varning|uyarı|попередження|cảnh báo|avviso|attenzione|ostrzeżenie|경고|varování|advertencia|avís|figyelmeztetés`,
	"note": `Anmerkung|Hinweis|bemærk|σημείωση|nota|huom|remarque|napomena|catatan|備考|ノート|замечание|напомена|anm|bilgi|зауваження|ghi chú|附注|附註|uwaga|참고|注意|注|opmerking`,
})

// endingsAbroad are what stands behind the last colon: what the system says of a file, a
// connection or a command that is not there.
var endingsAbroad = wordsFor(map[string]string{
	"missing": `Datei oder Verzeichnis nicht gefunden|Aucun fichier ou dossier de ce type|No existe el fichero o el directorio|File o directory non esistente
		そのようなファイルやディレクトリはありません|그런 파일이나 디렉터리가 없습니다|Bestand of map bestaat niet|Nie ma takiego pliku ani katalogu|Ficheiro ou pasta inexistente
		Arquivo ou diretório inexistente|Нет такого файла или каталога|Filen eller katalogen finns inte|Böyle bir dosya ya da dizin yok|Немає такого файла або каталогу
		没有那个文件或目录|沒有此一檔案或目錄|Adresář nebo soubor neexistuje|Ingen sådan fil eller filkatalog|Tiedostoa tai hakemistoa ei ole|Nincs ilyen fájl vagy könyvtár
		Kommando nicht gefunden|commande introuvable|orden no encontrada|comando non trovato|コマンドが見つかりません|명령어를 찾을 수 없음|opdracht niet gevonden
		nie znaleziono polecenia|comando não encontrado|команда не найдена|kommandot finns inte|komut yok|команду не знайдено|không tìm thấy lệnh|未找到命令|指令找不到
		příkaz nenalezen|kommando ikke fundet|komentoa ei löydy|parancs nem található`,
	"refused": `Keine Berechtigung|Permission non accordée|Permiso denegado|Permesso negato|許可がありません|허가 거부|Toegang geweigerd|Brak dostępu|Permissão recusada|Permissão negada
		Отказано в доступе|Åtkomst nekas|Erişim engellendi|Відмовлено у доступі|权限不够|拒絕不符權限的操作|Operace zamítnuta|Adgang nægtet|Lupa evätty|Engedély megtagadva
		Verbindungsaufbau abgelehnt|Connexion refusée|Conexión rehusada|Connessione rifiutata|接続を拒否されました|연결이 거부됨|Verbinding is geweigerd|Połączenie odrzucone
		Ligação recusada|Conexão recusada|В соединении отказано|Förbindelsen förvägrad|Bağlantı reddedildi|У з'єднанні відмовлено|拒绝连接|連線被拒絕|Die Operation ist nicht erlaubt|Opération non permise|許可されていない操作です`,
})

// wordsFor turns what each severity or kind is called into what each word means. Some begin
// with a capital in one program and not in the next.
func wordsFor(called map[string]string) map[string]string {
	means := map[string]string{}
	for meaning, words := range called {
		for line := range strings.Lines(words) {
			for w := range strings.SplitSeq(strings.TrimSpace(line), "|") {
				means[w] = meaning
				means[strings.ToUpper(w[:1])+w[1:]] = meaning
			}
		}
	}
	return means
}

// maxAbroad is how long such a word is at most, in bytes.
const maxAbroad = 96

// cutColon splits at the first colon, be it as wide as a letter of Chinese, and takes the blank
// away that French has before it.
func cutColon(s string) (head, rest string, ok bool) {
	near := s[:min(len(s), maxAbroad)]
	at, width := strings.IndexByte(near, ':'), 1
	if wide := strings.Index(near, "："); wide >= 0 && (at < 0 || wide < at) {
		at, width = wide, len("：")
	}
	if at <= 0 {
		return "", "", false
	}
	return strings.TrimRight(s[:at], " \u00a0\u202f"), strings.TrimLeft(s[at+width:], " "), true
}

// severityAbroad reads the severity that a message in another language than English begins with.
func severityAbroad(message string) (severity, rest string) {
	head, rest, ok := cutColon(message)
	if !ok || rest == "" {
		return "", ""
	}
	return severitiesAbroad[head], rest
}

// endsAbroad says what the system says at the end of a line, in another language.
func endsAbroad(line string) (kind string) {
	at := strings.LastIndexByte(line, ':') + 1
	if wide := strings.LastIndex(line, "："); wide >= at {
		at = wide + len("：")
	}
	if at == 0 || len(line)-at > maxAbroad {
		return ""
	}
	return endingsAbroad[strings.Trim(line[at:], " .\u00a0")]
}

// complainsAbroad says that a line in another language has the shape of a complaint: it begins
// with a severity, bare or behind the name of a program, or ends as the system's errors do.
func complainsAbroad(line string) bool {
	if endsAbroad(line) != "" {
		return true
	}
	s := strings.TrimLeft(line, " ")
	head, rest, ok := cutColon(s)
	if !ok || rest == "" {
		return false
	}
	severity := severitiesAbroad[head]
	if severity == "" && !strings.Contains(head, " ") {
		severity, _ = severityAbroad(rest)
	}
	return severity == "error" || severity == "warning"
}

// warnsAbroad says that it is only a warning.
func warnsAbroad(line string) bool {
	head, _, ok := cutColon(strings.TrimLeft(line, " "))
	return ok && severitiesAbroad[head] == "warning"
}

// Words of other alphabets that ask for attention wherever they stand; those in Latin letters
// are with the English ones.
var alarmsAbroad = []struct {
	word  string
	level level
}{
	{"エラー", alarmed}, {"失敗", alarmed}, {"例外", alarmed}, {"致命", alarmed}, {"異常", alarmed}, {"見つかりません", alarmed}, {"错误", alarmed}, {"錯誤", alarmed},
	{"失败", alarmed}, {"异常", alarmed}, {"无法", alarmed}, {"無法", alarmed}, {"拒否", alarmed}, {"拒绝", alarmed}, {"오류", alarmed}, {"실패", alarmed}, {"ошибк", alarmed}, {"Ошибк", alarmed},
	{"ОШИБК", alarmed}, {"сбой", alarmed}, {"Сбой", alarmed}, {"не удалось", alarmed}, {"Не удалось", alarmed}, {"помилк", alarmed}, {"Помилк", alarmed}, {"échec", alarmed}, {"Échec", alarmed},
	{"échoué", alarmed}, {"σφάλμα", alarmed}, {"błąd", alarmed}, {"警告", uneasy}, {"非推奨", uneasy}, {"경고", uneasy}, {"предупрежд", uneasy}, {"Предупрежд", uneasy},
}

// headsAbroad tells by three bytes whether one of them may begin there.
var headsAbroad = func() (table [1 << 12]bool) {
	for _, a := range alarmsAbroad {
		table[headAbroad(a.word)] = true
	}
	return table
}()

func headAbroad(s string) int { return (int(s[0]) ^ int(s[1])<<3 ^ int(s[2])<<6) & (1<<12 - 1) }

// alarmAbroad is the word of another alphabet that begins at i, and how much it alarms.
func alarmAbroad(line string, i int) (word, level) {
	if i+3 > len(line) || !headsAbroad[headAbroad(line[i:])] {
		return word{}, calm
	}
	for _, a := range alarmsAbroad {
		if strings.HasPrefix(line[i:], a.word) {
			return word{i, i + len(a.word)}, a.level
		}
	}
	return word{}, calm
}
