package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

// tool is one projection of operations. Its parameters are fields of them: a model
// that knows the tool knows the operation's words.
type tool struct {
	name     string
	doc      string
	ops      []api.Spec // that its parameters are fields of
	params   []param
	readOnly bool
	call     func(ctx context.Context, c *call, args json.RawMessage) (*sdk.CallToolResult, error)
}

// param is one parameter. field is what the operation calls it, if that is another
// name; our own names no field.
type param struct {
	name     string
	doc      string
	enum     []string
	required bool
	field    string
	own      string // JSON type of a parameter that is ours
}

// field finds the operation's field a parameter becomes.
func (t tool) field(p param) (api.Field, bool) {
	want := p.name
	if p.field != "" {
		want = p.field
	}
	for _, op := range t.ops {
		for _, f := range api.Fields(op.Request) {
			if f.Name == want {
				return f, true
			}
		}
	}
	return api.Field{}, false
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Slice:
		return "array"
	}
	return "string"
}

// schema is what a client is told of a tool's arguments: as short as it can be.
func (t tool) schema() json.RawMessage {
	type property struct {
		Type        string            `json:"type"`
		Items       map[string]string `json:"items,omitempty"`
		Description string            `json:"description,omitempty"`
		Enum        []string          `json:"enum,omitempty"`
	}
	var b bytes.Buffer
	b.WriteString(`{"type":"object","properties":{`)
	var required []string
	for i, p := range t.params {
		o := property{Type: p.own, Description: p.doc, Enum: p.enum}
		if f, ok := t.field(p); ok && p.own == "" {
			o.Type = jsonType(f.Type)
		}
		if o.Type == "array" {
			o.Items = map[string]string{"type": "string"}
		}
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := json.Marshal(p.name)
		value, _ := json.Marshal(o)
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
		if p.required {
			required = append(required, p.name)
		}
	}
	b.WriteByte('}')
	if required != nil {
		names, _ := json.Marshal(required)
		b.WriteString(`,"required":`)
		b.Write(names)
	}
	b.WriteByte('}')
	return b.Bytes()
}

func (t tool) declaration() *sdk.Tool {
	d := &sdk.Tool{Name: t.name, Description: t.doc, InputSchema: t.schema()}
	if t.readOnly {
		d.Annotations = &sdk.ToolAnnotations{ReadOnlyHint: true}
	}
	return d
}

// check refuses what the schema does not declare, and what must be there.
func (t tool) check(args json.RawMessage) error {
	var given map[string]json.RawMessage
	if err := json.Unmarshal(args, &given); err != nil {
		return api.Errorf(api.Invalid, "the arguments of %s are no JSON object", t.name)
	}
	for _, p := range t.params {
		if _, ok := given[p.name]; p.required && !ok {
			return api.Errorf(api.Invalid, "%s needs %s", t.name, p.name)
		}
		delete(given, p.name)
	}
	for name := range given {
		return api.Errorf(api.UnknownField, "%s has no %q", t.name, name).WithHint("it has %s", strings.Join(t.names(), ", "))
	}
	return nil
}

func (t tool) names() []string {
	var all []string
	for _, p := range t.params {
		all = append(all, p.name)
	}
	return all
}

// decode reads arguments into the request struct of an operation.
func decode(args json.RawMessage, into any) error {
	err := json.Unmarshal(args, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return api.Errorf(api.Invalid, "%s is %s, not %s", strings.ToLower(wrong.Field), jsonType(wrong.Type), wrong.Value)
	case err != nil:
		return api.Errorf(api.Invalid, "the arguments: %v", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
