package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ai-session/ai-session/api"
)

// The routes of ai-session-server, the original in Rust, with its field names and
// error codes. What they promise is kept: an exec answers when the command ends and
// says whether it succeeded; the original slept for timeout_ms and always said yes.

// legacyTimeout is what an execute without timeout_ms gets.
const legacyTimeout = 5000

// legacyLines is how much of a session's output its output route shows.
const legacyLines = "-1000"

type legacySession struct {
	ID           string        `json:"id"`
	Name         string        `json:"name"`
	Status       string        `json:"status"`
	CreatedAt    time.Time     `json:"created_at"`
	LastActivity *time.Time    `json:"last_activity,omitempty"`
	Config       *legacyConfig `json:"config,omitempty"`
}

type legacyConfig struct {
	AIFeatures       bool   `json:"enable_ai_features"`
	WorkingDirectory string `json:"working_directory"`
	PTYSize          [2]int `json:"pty_size"` // rows, columns
}

type legacyCreate struct {
	Name       string `json:"name"`
	AIFeatures bool   `json:"enable_ai_features"`
	Dir        string `json:"working_directory"`
	Shell      string `json:"shell"`
}

type legacyExecute struct {
	Command   string     `json:"command"`
	TimeoutMS api.Millis `json:"timeout_ms"`
}

type legacyResult struct {
	Success  bool       `json:"success"`
	Output   string     `json:"output"`
	Error    *string    `json:"error"`
	TookMS   api.Millis `json:"execution_time_ms"`
	ExitCode api.Exit   `json:"exit_code"` // ours: the original had none
}

// legacy adds the nine routes.
func (s *Server) legacy(mux *http.ServeMux) {
	for pattern, route := range map[string]struct {
		capability string
		serve      func(*http.Request) (any, error)
	}{
		"GET /{$}":                      {"read", s.legacyHealth},
		"GET /health":                   {"read", s.legacyHealth},
		"GET /sessions":                 {"read", s.legacyList},
		"POST /sessions":                {"create", s.legacyCreate},
		"GET /sessions/{name}":          {"read", s.legacyShow},
		"DELETE /sessions/{name}":       {"kill", s.legacyDelete},
		"POST /sessions/{name}/execute": {"exec", s.legacyExecute},
		"GET /sessions/{name}/status":   {"read", s.legacyStatus},
		"GET /sessions/{name}/output":   {"read-raw", s.legacyOutput},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			var res any
			var body []byte
			err := grantOf(r.Context()).allow(route.capability)
			if err == nil {
				body, err = readBody(w, r)
			}
			if err == nil {
				r.Body = io.NopCloser(bytes.NewReader(body))
				res, err = route.serve(r)
			}
			status := http.StatusOK
			if err != nil {
				p := api.ProblemOf(err)
				status, res = p.Status, map[string]string{"error": p.Detail, "code": legacyCode(r, p.Code)}
			}
			if body, err = encode(res); err != nil {
				s.fail(w, err)
				return
			}
			write(w, status, "application/json", body)
		})
	}
}

// legacyCode is the original's word for a code, by the route where it has several.
func legacyCode(r *http.Request, code api.Code) string {
	switch {
	case code == api.Exists:
		return "SESSION_EXISTS"
	case code == api.NotFound:
		return "SESSION_NOT_FOUND"
	case code == api.Invalid || code == api.UnknownField:
		return "INVALID_REQUEST"
	case code == api.Denied || code == api.Unauthorized || code == api.Busy:
		return strings.ToUpper(string(code))
	case strings.HasSuffix(r.URL.Path, "/execute"):
		return "COMMAND_SEND_FAILED"
	case strings.HasSuffix(r.URL.Path, "/output"):
		return "OUTPUT_READ_FAILED"
	case r.Method == http.MethodDelete:
		return "SESSION_STOP_FAILED"
	case r.Method == http.MethodPost:
		return "SESSION_CREATION_FAILED"
	}
	return strings.ToUpper(string(code))
}

func legacyBody(r *http.Request, into any) error {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return api.Errorf(api.Invalid, "the request body is not the JSON this route takes: %v", err)
	}
	return nil
}

// legacyOf describes a session as the original did: its status is one of a few words.
func legacyOf(x *api.Session) legacySession {
	status := "Running"
	switch x.State {
	case api.Starting:
		status = "Initializing"
	case api.DeadState:
		status = "Terminated"
	}
	return legacySession{ID: x.ID, Name: x.Name, Status: status, CreatedAt: x.CreatedAt}
}

func (s *Server) legacyHealth(*http.Request) (any, error) {
	return map[string]string{
		"status": "healthy", "service": "ai-session-server", "version": s.c.Version,
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	}, nil
}

func (s *Server) legacyList(r *http.Request) (any, error) {
	list, err := api.List.Call(r.Context(), s.caller, &api.ListRequest{})
	if err != nil {
		return nil, err
	}
	all := []legacySession{}
	for _, x := range list.Sessions {
		one := legacyOf(&x)
		active := time.Now().UTC().Add(-x.AgeMS.Duration())
		one.LastActivity = &active
		all = append(all, one)
	}
	return map[string]any{"sessions": all, "total": len(all)}, nil
}

func (s *Server) legacyCreate(r *http.Request) (any, error) {
	var in legacyCreate
	if err := legacyBody(r, &in); err != nil {
		return nil, err
	}
	if in.Name == "" {
		return nil, api.Errorf(api.Invalid, "name is missing")
	}
	x, err := api.Create.Call(r.Context(), s.caller, &api.CreateRequest{Name: in.Name, Dir: in.Dir, Shell: in.Shell})
	if err != nil {
		return nil, err
	}
	return legacyOf(x), nil
}

func (s *Server) inspect(ctx context.Context, name string) (*api.Session, error) {
	return api.Inspect.Call(ctx, s.caller, &api.SessionRequest{Session: name})
}

func (s *Server) legacyShow(r *http.Request) (any, error) {
	x, err := s.inspect(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	return legacyOf(x), nil
}

func (s *Server) legacyStatus(r *http.Request) (any, error) {
	x, err := s.inspect(r.Context(), r.PathValue("name"))
	if err != nil {
		return nil, err
	}
	one := legacyOf(x)
	active := time.Now().UTC().Add(-x.AgeMS.Duration())
	one.LastActivity = &active
	one.Config = &legacyConfig{WorkingDirectory: x.Cwd, PTYSize: [2]int{x.Size.Rows, x.Size.Cols}}
	return one, nil
}

func (s *Server) legacyDelete(r *http.Request) (any, error) {
	name := r.PathValue("name")
	if _, err := api.Kill.Call(r.Context(), s.caller, &api.KillRequest{Session: name}); err != nil {
		return nil, err
	}
	return map[string]string{
		"message": "Session '" + name + "' deleted successfully", "timestamp": time.Now().UTC().Format(time.RFC3339Nano),
	}, nil
}

func (s *Server) legacyExecute(r *http.Request) (any, error) {
	in := legacyExecute{TimeoutMS: legacyTimeout}
	if err := legacyBody(r, &in); err != nil {
		return nil, err
	}
	report, err := api.Exec.Call(r.Context(), s.caller, &api.ExecRequest{
		Session: r.PathValue("name"), Command: in.Command, TimeoutMS: in.TimeoutMS, Queue: true,
	})
	if err != nil {
		return nil, err
	}
	out := legacyResult{TookMS: report.DurationMS, ExitCode: report.Exit, Output: report.Text}
	text, err := api.ReadOutput.Call(r.Context(), s.caller, &api.OutputRequest{Ref: report.Ref, Lines: "1-"})
	if err == nil {
		out.Output = text.Text
	}
	code, known := report.Exit.Code()
	out.Success = known && code == 0
	if !out.Success {
		why := "exit status " + report.Exit.String()
		if report.State != api.BlockDone {
			why = "the command is " + strings.ReplaceAll(string(report.State), "_", " ") + " (" + report.Ref + ")"
		}
		out.Error = &why
	}
	return out, nil
}

func (s *Server) legacyOutput(r *http.Request) (any, error) {
	name := r.PathValue("name")
	text, err := api.ReadOutput.Call(r.Context(), s.caller, &api.OutputRequest{Ref: name, Lines: legacyLines})
	if err != nil {
		return nil, err
	}
	var raw bytes.Buffer
	errFull := errors.New("enough")
	err = api.ReadRaw.Stream(r.Context(), s.caller, &api.RawRequest{Ref: name, Lines: legacyLines}, func(c *api.Chunk) error {
		if raw.Len()+len(c.Data) > api.RawInline {
			return errFull
		}
		raw.Write(c.Data)
		return nil
	})
	if err != nil && !errors.Is(err, errFull) {
		return nil, err
	}
	return map[string]any{
		"session_name": name, "output": text.Text, "raw_output": strings.ToValidUTF8(raw.String(), "\ufffd"),
		"timestamp": time.Now().UTC().Format(time.RFC3339Nano), "size_bytes": raw.Len(),
	}, nil
}
