// Package exact counts tokens as the vocabularies o200k_base and cl100k_base do.
//
// A count is that of the model's own tokenizer for plain text: no special token is
// recognised in what a program printed. A vocabulary takes some tens of milliseconds
// and ten megabytes when it is first used, and nothing before.
//
// Counting runs at a few megabytes a second; what counts on the way of every answer
// estimates instead, with package tokens.
package exact

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer/codec"
)

// Names are the vocabularies there are.
var Names = []string{"o200k_base", "cl100k_base"}

var (
	o200k  = sync.OnceValue(codec.NewO200kBase)
	cl100k = sync.OnceValue(codec.NewCl100kBase)
)

// Counter returns the count of a vocabulary.
func Counter(name string) (func(text string) int, error) {
	var load func() *codec.Codec
	switch name {
	case "o200k_base":
		load = o200k
	case "cl100k_base":
		load = cl100k
	default:
		return nil, fmt.Errorf("no vocabulary %q, only %v", name, Names)
	}
	return func(text string) int {
		n, err := load().Count(text)
		if err != nil { // only on invalid UTF-8 in a mode that is not set
			return len(text)
		}
		return n
	}, nil
}
