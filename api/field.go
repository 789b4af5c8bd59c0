package api

import (
	"reflect"
	"strings"
	"sync"
)

// Field is one field of a request, as its struct tags declare it:
//
//	json:"timeout_ms"  its name everywhere but on the command line
//	in:"path"          where it travels: path, query, body (the default) or stdin
//	arg:"1"            its position on the command line; arg:"rest" takes the words after --
//	flag:"timeout"     its flag; a second word is the shorthand: flag:"json,j"
//	enum:"text|ansi"   the values it may have
//	default:"text"     what an empty value means, for help
//	doc:"..."          one clause for help and OpenAPI
type Field struct {
	Name    string
	In      string
	Arg     string
	Flag    string
	Short   string
	Enum    []string
	Default string
	Doc     string
	Index   int // of the struct field
	Type    reflect.Type
}

// known keeps what Fields has found: looking through tags takes longer than the rest of
// decoding a request.
var known sync.Map // of []Field by reflect.Type

// Fields lists the fields of a request struct in the order they are declared. All callers
// share the list.
func Fields(request reflect.Type) []Field {
	if fields, ok := known.Load(request); ok {
		return fields.([]Field)
	}
	fields, _ := known.LoadOrStore(request, fieldsOf(request))
	return fields.([]Field)
}

func fieldsOf(request reflect.Type) []Field {
	fields := make([]Field, 0, request.NumField())
	for i := range request.NumField() {
		sf := request.Field(i)
		name, _, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "-" || !sf.IsExported() {
			continue
		}
		f := Field{
			Name: name, In: sf.Tag.Get("in"), Arg: sf.Tag.Get("arg"),
			Default: sf.Tag.Get("default"), Doc: sf.Tag.Get("doc"), Index: i, Type: sf.Type,
		}
		if f.In == "" {
			f.In = "body"
		}
		f.Flag, f.Short, _ = strings.Cut(sf.Tag.Get("flag"), ",")
		if enum := sf.Tag.Get("enum"); enum != "" {
			f.Enum = strings.Split(enum, "|")
		}
		fields = append(fields, f)
	}
	return fields
}
