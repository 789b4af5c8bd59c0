package httpapi

import "encoding/json"

// examples are real requests, one an operation: bodies by the operation's name,
// parameters by name and field. A test decodes each of them.
var examples = map[string]string{
	"create":           `{"name":"dev","ai_context":true,"size":{"cols":120,"rows":40}}`,
	"exec":             `{"command":"echo hello","timeout_ms":30000}`,
	"wait":             `{"for":"prompt","timeout_ms":10000}`,
	"send":             `{"text":"echo typed","keys":["Enter"]}`,
	"detach":           `{"all":true}`,
	"resize":           `{"size":{"cols":160,"rows":48}}`,
	"signal":           `{"signal":"INT"}`,
	"import":           `{"path":"/tmp/dev.aisession"}`,
	"snapshot_save":    `{"name":"before","note":"before the upgrade"}`,
	"snapshot_restore": `{"as":"again"}`,
	"restore":          `{"all":true}`,
	"upgrade":          `{}`,

	"rename":      `{"name":"dev"}`,
	"context_add": `{"text":"the build must stay green","role":"user"}`,

	"*.session":          `"dev"`,
	"*.follow":           `false`,
	"*.name":             `"before"`,
	"*.ref":              `"@last"`,
	"export.ref":         `"dev"`,
	"search.query":       `"hello"`,
	"snapshot_diff.with": `"before"`,
}

func exampleBody(op string) any { return exampleValue(op) }

// example is the value of an operation's parameter, nil if none is needed.
func example(op, field string) any {
	if op == "events" || op == "search" && field == "session" || op == "snapshots" {
		return nil // a filter
	}
	if v := exampleValue(op + "." + field); v != nil {
		return v
	}
	return exampleValue("*." + field)
}

func exampleValue(name string) any {
	text, ok := examples[name]
	if !ok {
		return nil
	}
	return json.RawMessage(text)
}
