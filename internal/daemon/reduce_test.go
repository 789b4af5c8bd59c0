package daemon

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/ai-session/ai-session/api"
	"github.com/ai-session/ai-session/internal/core/session"
)

// brokenOutput fails in the middle of being read.
type brokenOutput struct{}

func (brokenOutput) ReadAt([]byte, int64) (int, error) { panic(errors.New("a defect")) }

func TestADefectOfAReaderCostsNobodyTheDaemon(t *testing.T) {
	var log bytes.Buffer
	in := session.Reading{Command: "make", Ref: "@e1", Output: brokenOutput{}, Size: 100}
	if _, err := reducer(slog.New(slog.NewTextHandler(&log, nil)))(in, &api.Report{}); err == nil || !strings.Contains(err.Error(), "@e1: a defect") {
		t.Errorf("%v", err)
	}
	if !strings.Contains(log.String(), "reduce_test.go") {
		t.Errorf("the log does not say where: %s", log.String())
	}
}
