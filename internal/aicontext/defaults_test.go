package aicontext

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/ai-session/ai-session/api"
)

func TestTheDefaultsAreThoseThatTheOperationTells(t *testing.T) {
	for field, want := range map[string]int{"Tokens": DefaultTokens, "Lines": DefaultLines} {
		f, ok := reflect.TypeFor[api.ContextRequest]().FieldByName(field)
		if got := f.Tag.Get("default"); !ok || got != strconv.Itoa(want) {
			t.Errorf("%s is told to be %q, and is %d", field, got, want)
		}
	}
}
