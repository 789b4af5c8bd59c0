package httpapi

import (
	"reflect"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
)

// schema is a JSON Schema (draft 2020-12), the dialect of OpenAPI 3.1.
type schema map[string]any

// schemas collects the named types of a document. Reflection over the operation table
// is a page of code; a general generator would have to be taught our tags, our Exit
// and that a request refuses what it does not declare.
type schemas map[string]schema

// words says what the scalars of package api mean.
var words = map[reflect.Type]schema{
	reflect.TypeFor[time.Time]():  {"type": "string", "format": "date-time"},
	reflect.TypeFor[api.Exit]():   {"type": []string{"integer", "null"}, "description": "exit status; null is unknown, or not yet"},
	reflect.TypeFor[api.Millis](): {"type": "integer", "format": "int64", "description": "milliseconds"},
	reflect.TypeFor[api.Bytes]():  {"type": "integer", "format": "int64", "description": "bytes"},
	reflect.TypeFor[[]byte]():     {"type": "string", "contentEncoding": "base64"},
	reflect.TypeFor[api.SessionState](): {"type": "string", "enum": []api.SessionState{
		api.Starting, api.Ready, api.Running, api.NeedsInput, api.TUI, api.Human, api.Unknown, api.DeadState}},
	reflect.TypeFor[api.BlockState](): {"type": "string", "enum": []api.BlockState{
		api.BlockDone, api.BlockRunning, api.BlockNeedsInput, api.BlockTUI, api.BlockDead}},
}

// of returns the schema of a type, by reference where it has a name.
func (s schemas) of(t reflect.Type) schema {
	if w, ok := words[t]; ok {
		return w
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Slice, reflect.Array:
		return schema{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return schema{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return schema{"type": "number"}
	case reflect.Struct:
		return s.named(t)
	}
	return schema{}
}

func (s schemas) named(t reflect.Type) schema {
	if _, ok := s[t.Name()]; !ok {
		s[t.Name()] = schema{} // a type that holds itself ends here
		s[t.Name()] = s.object(t)
	}
	return schema{"$ref": "#/components/schemas/" + t.Name()}
}

// object is the schema of an answer's struct. Further properties are allowed: JSON
// only grows.
func (s schemas) object(t reflect.Type) schema {
	properties, required := schema{}, []string{}
	s.members(t, properties, &required)
	o := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

func (s schemas) members(t reflect.Type, properties schema, required *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			s.members(f.Type, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		properties[name] = s.of(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}

// body is the schema of a request's body, nil if nothing travels there. What it does
// not declare is refused.
func (s schemas) body(op api.Spec) schema {
	properties, required, any := schema{}, []string{}, false
	for _, f := range api.Fields(op.Request) {
		switch f.In {
		case "query":
			continue
		case "path": // may be said again; the path counts
			properties[f.Name] = schema{"type": "string", "description": "as in the path, which counts"}
			continue
		}
		any = true
		properties[f.Name] = s.field(f)
		if needed(op, f) {
			required = append(required, f.Name)
		}
	}
	if !any {
		return nil
	}
	o := schema{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// field is the schema of one request field with what its tags say.
func (s schemas) field(f api.Field) schema {
	of := s.of(f.Type)
	if f.Type.Kind() == reflect.Struct || f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
		return schema{"allOf": []schema{of}, "description": f.Doc}
	}
	o := schema{}
	for k, v := range of {
		o[k] = v
	}
	doc := f.Doc
	if f.Default != "" {
		doc += "; by default " + f.Default
	}
	o["description"] = doc
	if counts(f) {
		o["minimum"] = 0
	}
	if f.Enum != nil {
		o["enum"] = f.Enum
		if f.In != "path" {
			o["enum"] = append([]string{""}, f.Enum...) // empty is not given
		}
	}
	return o
}

// counts says whether a request field is a number that cannot be below zero. Only of
// a screen's scrollback -1 lines mean all.
func counts(f api.Field) bool {
	return f.Type.Kind() == reflect.Int && f.Name != "history" || f.Type.Kind() == reflect.Int64
}

// tooSmall holds a request to what the document says of its numbers.
func tooSmall(op api.Spec, req any) error {
	v := reflect.ValueOf(req).Elem()
	for _, f := range api.Fields(op.Request) {
		if counts(f) && v.Field(f.Index).Int() < 0 {
			return api.Errorf(api.Invalid, "%s %d is negative", f.Name, v.Field(f.Index).Int())
		}
	}
	return nil
}
