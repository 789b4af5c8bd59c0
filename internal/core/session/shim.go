package session

import "github.com/ai-session/ai-session/internal/core/shell"

func rearmLine(k *shell.Kit) []byte {
	if r, ok := any(k).(interface{ Rearm() []byte }); ok {
		return r.Rearm()
	}
	return nil
}
