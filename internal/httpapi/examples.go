package httpapi

import "encoding/json"

// keyHeader names a request that may be sent again.
const keyHeader = "Idempotency-Key"

// exported is a session that ran echo hello, as export writes it: so that the example of
// import can be tried on any machine.
const exported = "" +
	"KLUv/UQALgB1CADiUD86QGGUACxODqZ5SHvsPawHykagFmZEFtuWTQqyoQrRJCUd0+4R893MlAAnWxNJfLIx31HvD6IBLWFapyGD" +
	"1QKm46mkeEQ+HwgnUa9ArCQE5YICQEKfkICMBIAQKlwKsJcLtDFgWAIghAMkGWWUWZQ8R9jLBdoOWiAEIIQErXOwvSXPCZVhdBvz" +
	"/Y6r8XhRR2o8WaNpDRxuLWsNhzScmTOzYcnvp6iFvSl6vfrYkln/W3Xeo+TZ/7iuntW/Hqbv8Q7veyb7SHrHcXcb9VUZHn18t9X7" +
	"Psfd7Xu86tr374miHs9VMifbaJ7SlNXWSiXT+b1vTWdBk8uUqHiYiPgEBAB+I6PpmCuDTHIwXBd+nnz9"

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
	"import":           `{"data_base64":"` + exported + `"}`,
	"snapshot_save":    `{"name":"before","note":"before the upgrade"}`,
	"snapshot_restore": `{"as":"again"}`,
	"restore":          `{"all":true}`,
	"upgrade":          `{}`,

	"rename":      `{"name":"dev"}`,
	"context_add": `{"text":"the build must stay green","role":"user"}`,

	"storage_rotate": `{"keys":"file"}`,

	"*.session":       `"dev"`,
	"*.cursor":        `""`,
	"*.follow":        `false`,
	"*.grep":          `"hello"`,
	"*.limit":         `20`,
	"*.lines":         `"1-10"`,
	"*.max_tokens":    `1500`,
	"*.name":          `"before"`,
	"*.ref":           `"@last"`,
	"*.since_ms":      `3600000`,
	"*.If-Match":      `"*"`,
	"*.Last-Event-ID": `"0"`,

	"list.status":             `"ready"`,
	"attach.read_only":        `true`,
	"attach.cols":             `120`,
	"attach.rows":             `40`,
	"attach.xpixel":           `0`,
	"attach.ypixel":           `0`,
	"kill.force":              `false`,
	"context_messages.query":  `"green"`,
	"context_messages.role":   `"user"`,
	"context_messages.before": `1000`,
	"context.lines":           `50`,
	"context.tokens":          `1024`,
	"raw.stream":              `""`,
	"history.failed":          `false`,
	"search.query":            `"hello"`,
	"search.regexp":           `false`,
	"search.ignore_case":      `true`,
	"search.commands":         `false`,
	"events.after":            `0`,
	"screen.format":           `"text"`,
	"screen.history":          `0`,
	"snapshot_diff.with":      `"before"`,
	"export.ref":              `"dev"`,
	"export.format":           `"session"`,
	"doctor.rebuild_index":    `false`,
	"logs.lines":              `50`,
}

func exampleBody(op string) any { return exampleValue(op) }

// example is the value of an operation's parameter. A key is each operation's own: it
// names one request.
func example(op, field string) any {
	if field == keyHeader {
		return op + "-1"
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
