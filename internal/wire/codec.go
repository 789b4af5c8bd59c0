package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ai-session/ai-session/api"
)

// MaxBody bounds a request body. The largest honest one is a command with its
// standard input.
const MaxBody = 64 << 20

// Request is an operation's request in HTTP's terms.
type Request struct {
	Method string
	Target string // path and query, escaped
	Body   []byte // JSON, nil when no field travels there
}

// EncodeRequest puts req, a pointer to op's request struct, into HTTP's terms.
func EncodeRequest(op api.Spec, req any) (Request, error) {
	v := reflect.ValueOf(req).Elem()
	out := Request{Method: op.Method, Target: op.Path}
	var query url.Values
	body := false
	for _, f := range api.Fields(op.Request) {
		fv := v.Field(f.Index)
		if err := checkText(f.Name, fv); err != nil {
			return out, err
		}
		switch f.In {
		case "path":
			out.Target = strings.Replace(out.Target, "{"+f.Name+"}", url.PathEscape(fv.String()), 1)
		case "query":
			if !fv.IsZero() {
				if query == nil {
					query = url.Values{}
				}
				query.Set(f.Name, queryText(fv))
			}
		default:
			body = true
		}
	}
	if query != nil {
		out.Target += "?" + query.Encode()
	}
	if !body {
		return out, nil
	}
	var err error
	out.Body, err = json.Marshal(req)
	return out, err
}

// queryText writes a value as JSON would: a duration or size is a number.
func queryText(v reflect.Value) string {
	if v.CanInt() {
		return strconv.FormatInt(v.Int(), 10)
	}
	return fmt.Sprint(v.Interface())
}

// checkText refuses strings that JSON could not carry as they are.
func checkText(name string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return notUTF8(name)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return checkText(name, v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.String {
			return nil
		}
		for i := range v.Len() {
			if err := checkText(name, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if !utf8.ValidString(it.Key().String()) || !utf8.ValidString(it.Value().String()) {
				return notUTF8(name)
			}
		}
	}
	return nil
}

func notUTF8(name string) error {
	err := api.Errorf(api.Invalid, "%s is not valid UTF-8", name)
	if name == "stdin" {
		return err.WithHint("send bytes as stdin_base64")
	}
	return err.WithHint("give bytes through stdin_base64 or a file")
}

// DecodeRequest reads an operation's request back. path returns the named part of
// the route.
func DecodeRequest(op api.Spec, path func(string) string, query url.Values, body []byte) (any, error) {
	fields := api.Fields(op.Request)
	v := reflect.New(op.Request)
	if err := decodeBody(op, fields, body, v.Interface()); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range fields {
		fv := v.Elem().Field(f.Index)
		switch f.In {
		case "path":
			fv.SetString(path(f.Name))
		case "query":
			known[f.Name] = true
			if err := setQuery(fv, f, query); err != nil {
				return nil, err
			}
		}
		if err := checkEnum(f, fv); err != nil {
			return nil, err
		}
	}
	for name := range query {
		if !known[name] {
			return nil, unknownField(op, name)
		}
	}
	return v.Interface(), nil
}

// decodeBody reads the JSON body into req, refusing what is not declared there.
func decodeBody(op api.Spec, fields []api.Field, body []byte, req any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	if !utf8.Valid(body) {
		return api.Errorf(api.Invalid, "the request body is not valid UTF-8").WithHint("send bytes as stdin_base64")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(req); err != nil {
		return bodyError(op, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return api.Errorf(api.Invalid, "the request body goes on after its JSON value")
	}
	v := reflect.ValueOf(req).Elem()
	for _, f := range fields {
		if f.In != "body" && f.In != "stdin" && f.In != "path" && !v.Field(f.Index).IsZero() {
			return api.Errorf(api.Invalid, "%s belongs in the %s, not in the body", f.Name, f.In)
		}
	}
	return nil
}

// bodyError says in our words what encoding/json found.
func bodyError(op api.Spec, err error) error {
	var typeErr *json.UnmarshalTypeError
	var apiErr *api.Error
	switch {
	case errors.As(err, &apiErr):
		return apiErr
	case errors.As(err, &typeErr):
		return api.Errorf(api.Invalid, "%s is a JSON %s, not a %s", typeErr.Field, typeErr.Value, typeErr.Type)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return api.Errorf(api.Invalid, "the request body ends in the middle of its JSON")
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, _ = strconv.Unquote(name)
		return unknownField(op, name)
	}
	return api.Errorf(api.Invalid, "the request body is not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func unknownField(op api.Spec, name string) error {
	var known []string
	for _, f := range api.Fields(op.Request) {
		known = append(known, f.Name)
	}
	return api.Errorf(api.UnknownField, "%s has no field %q", op.Name, name).
		WithHint("it takes %s; a daemon that is older than its client (ai-session status) takes fewer", strings.Join(known, ", "))
}

func setQuery(v reflect.Value, f api.Field, query url.Values) error {
	text, ok := query[f.Name]
	if !ok {
		return nil
	}
	if len(text) != 1 {
		return api.Errorf(api.Invalid, "%s is given %d times", f.Name, len(text))
	}
	if !utf8.ValidString(text[0]) {
		return notUTF8(f.Name)
	}
	var err error
	switch v.Kind() {
	case reflect.String:
		v.SetString(text[0])
	case reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text[0])
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		var n int64
		n, err = strconv.ParseInt(text[0], 10, 64)
		v.SetInt(n)
	default:
		panic("wire: query field " + f.Name + " of kind " + v.Kind().String())
	}
	if err != nil {
		return api.Errorf(api.Invalid, "%s=%q is not a %s", f.Name, text[0], v.Kind())
	}
	return nil
}

func checkEnum(f api.Field, v reflect.Value) error {
	if f.Enum == nil || v.Kind() != reflect.String || v.String() == "" {
		return nil
	}
	for _, e := range f.Enum {
		if v.String() == e {
			return nil
		}
	}
	return api.Errorf(api.Invalid, "%s %q is none of %s", f.Name, v.String(), strings.Join(f.Enum, ", "))
}
