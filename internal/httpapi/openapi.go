package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Document is the API as OpenAPI 3.1: every operation of the table with its
// parameters, body, answers and an example. They stand in an order in which the
// examples can be sent one by one: what makes a session first, what ends it last.
func Document(version string) ([]byte, error) {
	d := describer{schemas: schemas{}, upgrades: schema{}}
	for _, t := range tags {
		d.tags = append(d.tags, schema{"name": t.name, "description": t.doc})
		for _, name := range strings.Fields(t.operations) {
			if err := d.named(name, t.name); err != nil {
				return nil, err
			}
		}
	}
	d.schemas.named(reflect.TypeFor[api.Problem]())
	return json.MarshalIndent(schema{
		"openapi": "3.1.0",
		"info": schema{
			"title": "ai-session", "version": version,
			"summary":     "The terminal that agents work in and people watch over.",
			"description": "Sessions are terminals that outlive their clients. Every answer's exit status is the command's own; every byte stays readable by reference.",
			"license":     schema{"name": "MIT", "identifier": "MIT"},
			"contact":     schema{"name": "ai-session", "url": "https://github.com/ai-session/ai-session"},
		},
		"servers": []schema{{"url": "/", "description": "this daemon"}},
		"tags":    d.tags, "paths": d.paths,
		"security": []schema{{"token": []string{}}, {}},
		"components": schema{
			"schemas": d.schemas, "pathItems": d.upgrades,
			"securitySchemes": schema{"token": schema{
				"type": "http", "scheme": "bearer",
				"description": "Needed over TCP: `ai-session token create`. On the unix socket the peer's uid is the key.",
			}},
		},
	}, "", " ")
}

type describer struct {
	schemas  schemas
	paths    ordered
	upgrades schema // path items that end HTTP: no client of a document can ask for them
	tags     []schema
}

// named adds an operation of the table, or one of the service's.
func (d *describer) named(name, tag string) error {
	for _, op := range api.All() {
		if op.Name == name {
			d.operation(op, tag)
			return nil
		}
	}
	for _, p := range services {
		if p.id == name {
			d.service(p, tag)
			return nil
		}
	}
	return fmt.Errorf("the document has no operation %s", name)
}

// operation adds one operation of the table.
func (d *describer) operation(op api.Spec, tag string) {
	o := schema{
		"operationId": op.Name, "tags": []string{tag},
		"summary": strings.TrimSuffix(op.Doc, "."), "description": op.Doc + "\n\nOn the command line: `" + op.Example + "`. Needs the capability `" + op.Capability + "`.",
		"responses": d.responses(op),
	}
	var parameters []schema
	for _, f := range api.Fields(op.Request) {
		if f.In != "path" && f.In != "query" || f.In == "path" && op.Kind == api.Duplex { // x-path has it
			continue
		}
		p := schema{
			"name": f.Name, "in": f.In, "required": f.In == "path" || needed(op, f),
			"description": f.Doc, "schema": d.schemas.field(f),
		}
		if v := example(op.Name, f.Name); v != nil {
			p["example"] = v
		}
		parameters = append(parameters, p)
	}
	parameters = append(parameters, headers(op)...)
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if body := d.schemas.body(op); body != nil {
		name := op.Request.Name()
		d.schemas[name] = body
		content := schema{"schema": schema{"$ref": "#/components/schemas/" + name}}
		if e := exampleBody(op.Name); e != nil {
			content["example"] = e
		}
		o["requestBody"] = schema{"required": body["required"] != nil, "content": schema{"application/json": content}}
	}
	if op.Kind == api.Duplex {
		d.upgrades[op.Name] = schema{"x-path": op.Path, strings.ToLower(op.Method): o}
		return
	}
	d.add(op.Method, op.Path, o)
}

func (d *describer) add(method, path string, o schema) {
	for i := range d.paths {
		if d.paths[i].name == path {
			d.paths[i].value = append(d.paths[i].value.(ordered), member{strings.ToLower(method), o})
			return
		}
	}
	d.paths = append(d.paths, member{path, ordered{{strings.ToLower(method), o}}})
}

// ordered is a JSON object whose members keep their order.
type ordered []member

type member struct {
	name  string
	value any
}

func (o ordered) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

// tags group the operations, as people look for them and as they may be tried.
var tags = []struct{ name, doc, operations string }{
	{"sessions", "Terminals and what goes on in them. `GET /v1/sessions/{session}/attach` upgrades its connection: see `components.pathItems.attach`.",
		"create list inspect exec wait send resize rename signal detach attach " +
			"context_add context_messages context_summarize context analyze ledger"},
	{"output", "What was written, by reference.", "output raw history search events screen"},
	{"snapshots", "State kept and brought back.", "snapshot_save snapshots snapshot_diff snapshot_restore restore snapshot snapshot_delete export import"},
	{"daemon", "The daemon itself, and what it keeps.", "status doctor logs storage storage_rotate"},
	{"service", "For those who run the daemon.", "healthz readyz metrics openapi"},
	{"ends", "What ends a session, its output, the daemon.", "kill storage_shred upgrade stop"},
}

// needed says that an operation has nothing to do without a field: it is a word of the
// command line and always sent.
func needed(op api.Spec, f api.Field) bool {
	_, options, _ := strings.Cut(op.Request.Field(f.Index).Tag.Get("json"), ",")
	return f.Arg != "" && !strings.Contains(options, "omitempty")
}

// headers are those that an operation heeds.
func headers(op api.Spec) []schema {
	text := schema{"type": "string"}
	var all []schema
	add := func(name, doc string, of schema) {
		all = append(all, schema{"name": name, "in": "header", "required": false, "description": doc, "schema": of, "example": example(op.Name, name)})
	}
	if op.Method == http.MethodPost {
		add(keyHeader, "a request that comes again under the same key within 24 hours is answered by the first one's answer",
			schema{"type": "string", "minLength": 1, "maxLength": maxKey})
	}
	if versioned[op.Name] && op.Method != http.MethodGet {
		add("If-Match", "only if it is still the version with this ETag", text)
	}
	if op.Kind == api.Stream {
		add("Last-Event-ID", "with `Accept: text/event-stream`: go on behind this event", text)
	}
	return all
}

// responses are the answer and the problems of an operation.
func (d *describer) responses(op api.Spec) schema {
	r := schema{}
	switch {
	case op.Kind == api.Duplex:
		r["101"] = schema{"description": "frames in both directions; see docs/http.md"}
	case op.Result == reflect.TypeFor[api.Chunk]():
		r["200"] = schema{"description": "the bytes, as they come", "content": schema{
			"application/octet-stream": schema{"schema": schema{"type": "string", "format": "binary"}}, "text/event-stream": schema{"schema": schema{"type": "string"}}}}
	case op.Kind == api.Stream:
		item := d.schemas.of(op.Result)
		r["200"] = schema{"description": "one value a line, as they come", "content": schema{
			"application/x-ndjson": schema{"schema": item}, "text/event-stream": schema{"schema": schema{"type": "string"}}}}
	default:
		ok := schema{"description": "the answer", "content": schema{"application/json": schema{"schema": d.schemas.of(op.Result)}}}
		if versioned[op.Name] && op.Method == http.MethodGet {
			ok["headers"] = schema{"ETag": schema{"description": "this version", "schema": schema{"type": "string"}}}
		}
		r["200"] = ok
	}
	r["4XX"] = problemResponse("the request cannot be carried out")
	r["5XX"] = problemResponse("the daemon cannot carry it out")
	for _, code := range []api.Code{api.Invalid, api.Unauthorized, api.Denied} {
		r[strconv.Itoa(code.Status())] = problemResponse(string(code))
	}
	if strings.Contains(op.Path, "{") {
		r["404"] = problemResponse(string(api.NotFound))
	}
	return r
}

func problemResponse(doc string) schema {
	return schema{"description": doc, "content": schema{"application/problem+json": schema{
		"schema": schema{"$ref": "#/components/schemas/Problem"}}}}
}

// services are what is no operation: health, metrics and this document.
var services = []serviceRoute{
	{"/healthz", "healthz", "text/plain", "The daemon lives"},
	{"/readyz", "readyz", "text/plain", "The daemon takes requests"},
	{"/metrics", "metrics", "text/plain", "Metrics for Prometheus"},
	{"/openapi.json", "openapi", "application/json", "This document"},
}

type serviceRoute struct{ path, id, kind, doc string }

func (d *describer) service(p serviceRoute, tag string) {
	body := schema{"type": "string"}
	if p.kind == "application/json" {
		body = schema{"type": "object"}
	}
	d.add("GET", p.path, schema{
		"operationId": p.id, "tags": []string{tag}, "summary": p.doc, "description": p.doc + ".",
		"responses": schema{
			"200": schema{"description": "the answer", "content": schema{p.kind: schema{"schema": body}}},
			"4XX": problemResponse("the request cannot be answered"),
			"5XX": problemResponse("the daemon is not ready"),
		},
	})
}
