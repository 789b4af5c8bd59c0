package aicontext

import (
	"slices"
	"sync"

	"github.com/ai-session/ai-session/api"
)

// What a Book remembers of one session at most. 64 KB of text is four readings of the
// usual budget; a line of a command is some hundred bytes.
const (
	maxItems    = 400
	maxText     = 64 << 10
	maxOne      = 16 << 10 // of the text of one item
	maxFindings = 12       // of one command
	maxFailures = 24
	maxViews    = 4
)

// Book remembers what happened in one session.
type Book struct {
	mu       sync.Mutex // guards all of it; nothing waits under it
	items    []*item    // oldest first
	dropped  int        // items before them
	text     int        // bytes of their texts
	failures []*item    // the newest run of each command that failed, oldest first
	views    []*view
	commands int
}

// Ended notes that a command has ended. What it said may be told by then, or later.
func (b *Book) Ended(block api.Block) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.command(block)
}

// Has reports whether the text of a command is known.
func (b *Book) Has(number uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	it := b.find(number)
	return it != nil && it.read
}

// Unread lists the newest commands whose text is not known, newest first.
func (b *Book) Unread(most int, maxBytes int64) []uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	var numbers []uint64
	for _, it := range slices.Backward(b.items) {
		if it.message != 0 {
			continue
		}
		if most--; most < 0 {
			break
		}
		if !it.read && it.block.RawBytes <= maxBytes {
			numbers = append(numbers, it.number)
		}
	}
	return numbers
}

// Read tells what a command said: its reduced text, findings and next steps.
func (b *Book) Read(block api.Block, text string, findings []api.Finding, next []api.Next) {
	b.mu.Lock()
	defer b.mu.Unlock()
	it := b.command(block)
	if it == nil || it.read {
		return
	}
	it.block, it.read, it.stub, it.full = block, true, "", ""
	it.text = text
	if len(text) > maxOne {
		it.text, _ = clip(text, limit{1 << 30, maxOne / 4}, block.Ref)
	}
	it.findings = slices.Clone(findings[:min(len(findings), maxFindings)])
	it.next = slices.Clone(next[:min(len(next), maxFindings)])
	b.text += len(it.text)
	b.forget()
}

// Say adds a message to what happened.
func (b *Book) Say(m api.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, _ := clip(m.Text, limit{1 << 30, maxOne / 4}, "")
	b.text += len(text)
	b.items = append(b.items, &item{message: m.ID, role: m.Role, read: true, text: text})
	b.forget()
}

// Fold takes messages out: a summary stands for them.
func (b *Book) Fold(gone func(message int) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = slices.DeleteFunc(b.items, func(it *item) bool {
		if it.message == 0 || !gone(it.message) {
			return false
		}
		b.text -= len(it.text)
		return true
	})
}

// command finds the item of a block or makes it, in the order of the numbers.
func (b *Book) command(block api.Block) *item {
	number, ok := api.BlockNumber(block.ID)
	if !ok {
		return nil
	}
	if it := b.find(number); it != nil {
		return it
	}
	it := &item{block: block, number: number}
	at := len(b.items)
	for at > 0 && b.items[at-1].message == 0 && b.items[at-1].number > number {
		at--
	}
	b.items = slices.Insert(b.items, at, it)
	b.commands++
	b.judge(it)
	b.forget()
	return it
}

func (b *Book) find(number uint64) *item {
	for _, it := range slices.Backward(b.items) {
		if it.number == number && it.message == 0 {
			return it
		}
	}
	return nil
}

// judge opens a failure, or closes that of an earlier run.
func (b *Book) judge(it *item) {
	for i, f := range b.failures {
		if f.block.Command != it.block.Command {
			continue
		}
		if f.number > it.number {
			return
		}
		b.failures = slices.Delete(b.failures, i, i+1)
		break
	}
	if !Failed(&it.block) {
		return
	}
	b.failures = append(b.failures, it)
	if len(b.failures) > maxFailures {
		b.failures = slices.Delete(b.failures, 0, 1)
	}
}

// forget keeps the book within its bounds: texts go first, oldest first.
func (b *Book) forget() {
	for i := 0; b.text > maxText && i < len(b.items)-1; i++ {
		it := b.items[i]
		if it.text == "" {
			continue
		}
		it.line() // a message's own words are in it
		b.text -= len(it.text)
		it.text, it.full, it.read = "", "", it.message != 0
	}
	if over := len(b.items) - maxItems; over > 0 {
		over = max(over, maxItems/4) // in a batch: what is before is counted at the top
		for _, it := range b.items[:over] {
			b.text -= len(it.text)
			it.text, it.full = "", "" // a failure may stay
		}
		b.items = slices.Delete(b.items, 0, over)
		b.dropped += over
	}
}
