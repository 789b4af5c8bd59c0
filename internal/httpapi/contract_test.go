package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/ai-session/ai-session/api"
)

// contract holds answers to the document.
type contract struct {
	types *jsonschema.Resolved // an object with a value of each type under its name
	known map[string]bool      // names of types
	kinds map[string]string    // operation to the type of its answer
}

// validate holds a value to the type of a name.
func (c *contract) validate(name string, value any) error {
	if !c.known[name] {
		return fmt.Errorf("the document has no %s", name)
	}
	return c.types.Validate(map[string]any{name: value})
}

// readContract resolves the document's schemas, once for all tests.
var readContract = sync.OnceValues(func() (*contract, error) {
	b, err := Document("test")
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(string(b), "#/components/schemas/", "#/$defs/")
	var d struct {
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, err
	}
	c := &contract{known: map[string]bool{}, kinds: map[string]string{}}
	types := map[string]any{}
	for name := range d.Components.Schemas {
		c.known[name] = true
		types[name] = map[string]any{"$ref": "#/$defs/" + name}
	}
	root, err := json.Marshal(map[string]any{"$defs": d.Components.Schemas, "properties": types})
	if err != nil {
		return nil, err
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(root, &s); err != nil {
		return nil, err
	}
	if c.types, err = s.Resolve(nil); err != nil {
		return nil, err
	}
	for _, op := range api.All() {
		if op.Kind == api.Unary {
			c.kinds[op.Name] = op.Result.Name()
		}
	}
	return c, nil
})

// holds checks an answer of an operation, or a problem, against its schema.
func holds(t *testing.T, op string, status int, kind, body string) {
	t.Helper()
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	switch {
	case kind == "application/problem+json":
		name = "Problem"
	case status == http.StatusOK && kind == "application/json":
		name = c.kinds[op]
	}
	if name == "" {
		return
	}
	var value any
	if err := json.Unmarshal([]byte(body), &value); err != nil {
		t.Errorf("%s: %v in %.300s", op, err, body)
		return
	}
	if err := c.validate(name, value); err != nil {
		t.Errorf("%s answers what is no %s: %v\n%.500s", op, name, err, body)
	}
}

// operationOf finds the operation of a request, "" for none.
func operationOf(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	mux := http.NewServeMux()
	found := ""
	for _, op := range api.All() {
		mux.HandleFunc(op.Method+" "+op.Path, func(http.ResponseWriter, *http.Request) { found = op.Name })
	}
	r, err := http.NewRequest(method, path, nil)
	if err != nil {
		return ""
	}
	h, pattern := mux.Handler(r)
	if pattern != "" {
		h.ServeHTTP(nil, r)
	}
	return found
}

// The request bodies that our own client sends are what the document says.
func TestOurOwnRequestsHoldToTheDocument(t *testing.T) {
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range api.All() {
		name := op.Request.Name()
		if !c.known[name] || examples[op.Name] == "" {
			continue
		}
		var value map[string]any
		if err := json.Unmarshal([]byte(examples[op.Name]), &value); err != nil {
			t.Fatal(err)
		}
		if err := c.validate(name, value); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
		value["no_such_field"] = 1
		if c.validate(name, value) == nil {
			t.Errorf("%s allows what it does not declare", op.Name)
		}
	}
}

func TestTheContractCanBeBroken(t *testing.T) {
	c, err := readContract()
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string]map[string]any{
		"Session": {"id": 1}, "Problem": {"code": "x"}, "SessionList": {"sessions": nil},
	} {
		if c.validate(name, wrong) == nil {
			t.Errorf("%v is a %s", wrong, name)
		}
	}
	if op := operationOf("POST", "/v1/sessions/dev/exec"); op != "exec" {
		t.Errorf("the route of exec is %q", op)
	}
}
