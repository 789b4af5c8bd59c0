package cli

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzSettings: what is set and taken out again leaves the settings as they were, and
// what is no JSON object is refused.
func FuzzSettings(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"a":1,"b":{"c":[1,2]},"mcpServers":{"x":{}}}`, `{"mcpServers":7}`, `[]`, `{"a":1}x`, "{\"é\":\"<&>\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseObject(b)
		if err != nil || m.get("hooks") != nil || m.get("mcpServers") != nil {
			return
		}
		before, err := m.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, value := range []json.RawMessage{json.RawMessage(`{"command":"x"}`), nil} {
			if err := m.edit([]string{"mcpServers", serverName}, func(json.RawMessage) (json.RawMessage, error) { return value, nil }); err != nil {
				t.Fatal(err)
			}
			now, err := m.MarshalJSON()
			if err != nil || !json.Valid(now) {
				t.Fatalf("%s: %v", now, err)
			}
			if same := bytes.Equal(now, before); same != (value == nil) {
				t.Errorf("%q is now %s", b, now)
			}
		}
		var direct any
		if len(bytes.TrimSpace(b)) > 0 {
			var mine any
			if json.Unmarshal(b, &direct) != nil || json.Unmarshal(before, &mine) != nil || !reflect.DeepEqual(mine, direct) {
				t.Errorf("%q was read as %s", b, before)
			}
		}
	})
}

// FuzzHook: whatever an agent says, the answer is none or JSON whose command runs the
// agent's own text in a session.
func FuzzHook(f *testing.F) {
	f.Add([]byte(`{"session_id":"a","tool_name":"Bash","tool_input":{"command":"echo 'x'"}}`))
	f.Add([]byte(`{"tool_input":{"command":""}}`))
	f.Add([]byte(`{"tool_input":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := rewritten("agent", "/bin/ai-session", b)
		if err != nil {
			t.Fatal(err)
		}
		if out != nil && !json.Valid(out) {
			t.Errorf("%q", out)
		}
	})
}
