package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Document is the API as OpenAPI 3.1: every operation of the table with its
// parameters, body, answers and an example.
func Document(version string) ([]byte, error) {
	d := describer{schemas: schemas{}, paths: map[string]schema{}, tags: []schema{}}
	for _, op := range api.All() {
		d.operation(op)
	}
	d.service()
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
		"security": []schema{{}, {"token": []string{}}},
		"components": schema{
			"schemas": d.schemas,
			"securitySchemes": schema{"token": schema{
				"type": "http", "scheme": "bearer",
				"description": "Needed over TCP: `ai-session token create`. On the unix socket the peer's uid is the key.",
			}},
		},
	}, "", " ")
}

type describer struct {
	schemas schemas
	paths   map[string]schema
	tags    []schema
}

// operation adds one operation of the table.
func (d *describer) operation(op api.Spec) {
	o := schema{
		"operationId": op.Name, "tags": []string{d.tag(op)},
		"summary": strings.TrimSuffix(op.Doc, "."), "description": op.Doc + "\n\nOn the command line: `" + op.Example + "`. Needs the capability `" + op.Capability + "`.",
		"responses": d.responses(op),
	}
	var parameters []schema
	for _, f := range api.Fields(op.Request) {
		if f.In != "path" && f.In != "query" {
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
	d.add(op.Method, op.Path, o)
}

func (d *describer) add(method, path string, o schema) {
	if d.paths[path] == nil {
		d.paths[path] = schema{}
	}
	d.paths[path][strings.ToLower(method)] = o
}

// tagWords groups the operations, as people look for them.
var tagWords = []struct{ name, doc, operations string }{
	{"sessions", "Terminals and what goes on in them.", ""},
	{"output", "What was written, by reference.", "output raw history search events screen"},
	{"snapshots", "State kept and brought back.", "snapshot_save snapshots snapshot snapshot_diff snapshot_restore snapshot_delete restore export import"},
	{"daemon", "The daemon itself.", "status upgrade stop logs"},
}

func (d *describer) tag(op api.Spec) string {
	name, doc := tagWords[0].name, tagWords[0].doc
	for _, t := range tagWords {
		for _, word := range strings.Fields(t.operations) {
			if word == op.Name {
				name, doc = t.name, t.doc
			}
		}
	}
	for _, t := range d.tags {
		if t["name"] == name {
			return name
		}
	}
	d.tags = append(d.tags, schema{"name": name, "description": doc})
	return name
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
	if op.Method == http.MethodPost {
		all = append(all, schema{"name": "Idempotency-Key", "in": "header", "required": false, "schema": schema{"type": "string", "minLength": 1, "maxLength": maxKey},
			"description": "a request that comes again under the same key within 24 hours is answered by the first one's answer"})
	}
	if versioned[op.Name] && op.Method != http.MethodGet {
		all = append(all, schema{"name": "If-Match", "in": "header", "required": false, "schema": text,
			"description": "only if it is still the version with this ETag"})
	}
	if op.Kind == api.Stream {
		all = append(all, schema{"name": "Last-Event-ID", "in": "header", "required": false, "schema": text,
			"description": "with `Accept: text/event-stream`: go on behind this event"})
	}
	return all
}

// responses are the answer and the problems of an operation.
func (d *describer) responses(op api.Spec) schema {
	r := schema{}
	switch {
	case op.Kind == api.Duplex:
		r["101"] = schema{"description": "frames in both directions; see docs/http.md"}
		r["200"] = schema{"description": "never: the connection is upgraded"}
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

// service adds what is no operation: health, metrics and this document.
func (d *describer) service() {
	d.tags = append(d.tags, schema{"name": "service", "description": "For those who run the daemon."})
	for _, p := range []struct{ path, id, kind, doc string }{
		{"/healthz", "healthz", "text/plain", "The daemon lives"},
		{"/readyz", "readyz", "text/plain", "The daemon takes requests"},
		{"/metrics", "metrics", "text/plain", "Metrics for Prometheus"},
		{"/openapi.json", "openapi", "application/json", "This document"},
	} {
		body := schema{"type": "string"}
		if p.kind == "application/json" {
			body = schema{"type": "object"}
		}
		d.add("GET", p.path, schema{
			"operationId": p.id, "tags": []string{"service"}, "summary": p.doc, "description": p.doc + ".",
			"responses": schema{
				"200": schema{"description": "the answer", "content": schema{p.kind: schema{"schema": body}}},
				"4XX": problemResponse("the request cannot be answered"),
				"5XX": problemResponse("the daemon is not ready"),
			},
		})
	}
}
