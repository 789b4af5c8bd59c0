package aicontext

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
)

// stored is a conversation whose records are kept.
func stored(limit int) (*Conversation, *[][]byte) {
	records := &[][]byte{}
	return &Conversation{Limit: limit, Store: func(r []byte) error {
		*records = append(*records, append([]byte(nil), r...))
		return nil
	}}, records
}

func say(t testing.TB, c *Conversation, role, text string) []int {
	t.Helper()
	_, folded, err := c.Add(api.Message{Role: role, Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return folded
}

func TestConversationStaysWithinItsLimit(t *testing.T) {
	c, records := stored(1000)
	if _, _, err := c.Add(api.Message{Role: "system", Text: "Answer in short sentences.", Pinned: true}); err != nil {
		t.Fatal(err)
	}
	said, folded := 1, 0
	for i := range 300 {
		folded += len(say(t, c, []string{"user", "assistant", "tool"}[i%3], fmt.Sprintf("message %d says something of a length that is usual %s", i, strings.Repeat("word ", i%40))))
		said++
		if m := c.Memory(); m.Tokens > 2*c.Limit || c.tokens > c.Limit {
			t.Fatalf("%d: %+v", i, m)
		}
	}
	live := c.Live()
	if live[0].Role != "system" || folded+len(live) != said || folded == 0 {
		t.Errorf("%d said, %d folded, %d live, first %+v", said, folded, len(live), live[0])
	}
	all := History(*records)
	if len(all) != said || all[0].Folded || !all[1].Folded || all[1].Text == "" {
		t.Errorf("the history has %d of %d messages", len(all), said)
	}
}

func TestConversationSurvivesAsItWas(t *testing.T) {
	c, records := stored(600)
	for i := range 60 {
		say(t, c, "assistant", fmt.Sprintf("We decided on %d. The file pkg/f%d.go fails.", i, i))
	}
	if _, err, _ := c.Summarize(nil); err != nil {
		t.Fatal(err)
	}
	again, _ := stored(600)
	again.Load(append([][]byte{[]byte("not JSON"), []byte(`{"later":{"kind":1}}`)}, *records...))
	if !reflect.DeepEqual(again.Memory(), c.Memory()) || !reflect.DeepEqual(again.Live(), c.Live()) || again.last != c.last {
		t.Errorf("before %+v\nafter  %+v", c.Memory(), again.Memory())
	}
}

func TestSummaryKeepsWhatMatters(t *testing.T) {
	c, _ := stored(4096)
	say(t, c, "user", "Please make the importer faster.\nIt takes a minute.")
	say(t, c, "assistant", "I looked around. We decided to stream rows instead of loading the file. See internal/import/csv.go for it.")
	say(t, c, "tool", "[e7 exit=1 0.2s cwd=/w 12 lines ref=@e7]\n$ go test ./internal/import\n--- FAIL: TestRows\n    csv_test.go:12: got 3\n")
	say(t, c, "tool", "[e8 exit=1 0.2s cwd=/w 2 lines ref=@e8]\n$ make lint\nerror: unused variable\n")
	say(t, c, "tool", "[e9 exit=0 0.2s cwd=/w 1 line ref=@e9]\n$ go test ./internal/import\nok\n")
	say(t, c, "user", "next")
	if folded, err, _ := c.Summarize(nil); err != nil || len(folded) != 5 {
		t.Fatalf("folded %v %v", folded, err)
	}
	text := c.Memory().Summary
	for _, want := range []string{
		"summary of 5 messages", "- We decided to stream rows instead of loading the file.\n", "open problems:\n- make lint exit=1 (@e8): error: unused variable\n",
		"internal/import/csv.go", "- go test ./internal/import succeeded (@e9)\n", "asked:\n- Please make the importer faster. ...\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "go test ./internal/import exit=1") {
		t.Errorf("a problem that was solved is open:\n%s", text)
	}
}

// An outside summariser writes the words; what it may not do is lose the rest.
func TestOutsideSummaryHasARuleBehindIt(t *testing.T) {
	for _, c := range []struct {
		name    string
		outside func([]api.Message, string) (string, error)
		want    string
		failed  bool
	}{
		{"works", func(m []api.Message, _ string) (string, error) { return fmt.Sprint(len(m), " were said"), nil }, "2 were said\n", false},
		{"fails", func([]api.Message, string) (string, error) { return "", errors.New("no such model") }, "We decided to wait.", true},
	} {
		conv, _ := stored(4096)
		say(t, conv, "assistant", "We decided to wait.")
		say(t, conv, "user", "why?")
		say(t, conv, "user", "go on")
		folded, err, outsideErr := conv.Summarize(c.outside)
		if err != nil || len(folded) != 2 || (outsideErr != nil) != c.failed {
			t.Errorf("%s: %v %v %v", c.name, folded, err, outsideErr)
		}
		if text := conv.Memory().Summary; !strings.Contains(text, c.want) || !strings.Contains(text, "- We decided to wait.") {
			t.Errorf("%s:\n%s", c.name, text)
		}
	}
}

func TestMessagesThatCannotBeKeptAreRefused(t *testing.T) {
	c, records := stored(256)
	for _, m := range []api.Message{
		{Role: "robot", Text: "x"}, {Role: "user", Text: " \n"}, {Role: "user", Text: strings.Repeat("x", maxMessage+1)},
		{Role: "system", Text: strings.Repeat("many words ", 200), Pinned: true},
	} {
		if _, _, err := c.Add(m); err == nil {
			t.Errorf("%s %.20q was kept", m.Role, m.Text)
		}
	}
	c.Store = func([]byte) error { return errors.New("disk full") }
	if _, _, err := c.Add(api.Message{Role: "user", Text: "hello"}); err == nil || len(c.Live()) != 0 || len(*records) != 0 {
		t.Errorf("what could not be stored counts: %v %v", err, c.Live())
	}
}

// Whatever a journal hands out, loading it ends, and what counts is consistent.
func FuzzRecords(f *testing.F) {
	f.Add([]byte(`{"message":{"id":1,"role":"user","text":"a","tokens":1}}`), []byte(`{"fold":{"ids":[1],"summary":{"messages":1}}}`))
	f.Add([]byte(`{"message":{"id":-1,"tokens":-5}}`), []byte(`{"fold":{"ids":null}}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		c := &Conversation{Limit: 300}
		c.Load([][]byte{a, b, a})
		sum := 0
		for _, m := range c.Live() {
			sum += m.Tokens
		}
		if sum != c.tokens {
			t.Errorf("%d tokens counted, %d live", c.tokens, sum)
		}
		if n := len(History([][]byte{a, b, a})); n > 3 {
			t.Errorf("%d messages of 3 records", n)
		}
		if _, _, err := c.Add(api.Message{Role: "user", Text: "hello"}); err != nil {
			t.Error(err)
		}
	})
}
