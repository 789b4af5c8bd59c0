package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// fixtureTasks are the suite's tasks, in memory.
type fixtureTasks struct {
	mu   sync.Mutex // guards what follows
	jobs map[string]*fixtureJob
}

// fixtureJob is one task; the tasks' mutex guards what changes of it.
type fixtureJob struct {
	task
	cancel  context.CancelFunc
	answers map[string]*sdk.ElicitResult
	given   chan struct{} // closed when every question is answered
}

// job is what a task does. ask waits until the person has answered all of wanted.
type job func(ctx context.Context, ask asker) (*sdk.CallToolResult, *jsonrpc.Error)

type asker func(wanted sdk.InputRequestMap) map[string]*sdk.ElicitResult

// start begins a job and says its task's name.
func (f *fixtureTasks) start(do job) *sdk.CallToolResult {
	ctx, cancel := context.WithCancel(context.Background())
	now := time.Now().UTC()
	ttl := time.Hour.Milliseconds()
	f.mu.Lock()
	defer f.mu.Unlock()
	j := &fixtureJob{cancel: cancel, answers: map[string]*sdk.ElicitResult{}}
	j.taskFacts = taskFacts{ID: fmt.Sprintf("fixture-%d", len(f.jobs)+1), Status: taskWorking, Created: now, Updated: now, TTL: &ttl, Interval: 100}
	f.jobs[j.ID] = j
	go f.run(ctx, j, do)
	return promised(j.taskFacts)
}

func (f *fixtureTasks) run(ctx context.Context, j *fixtureJob, do job) {
	defer j.cancel()
	res, failed := do(ctx, func(wanted sdk.InputRequestMap) map[string]*sdk.ElicitResult { return f.ask(ctx, j, wanted) })
	f.mu.Lock()
	defer f.mu.Unlock()
	j.Inputs = nil
	switch {
	case ctx.Err() != nil:
		j.Status = taskCancelled
	case failed != nil:
		j.Status, j.Error = taskFailed, failed
	default:
		j.Status, j.Result = taskCompleted, &taskOutcome{res}
	}
	j.Updated = time.Now().UTC()
}

func (f *fixtureTasks) ask(ctx context.Context, j *fixtureJob, wanted sdk.InputRequestMap) map[string]*sdk.ElicitResult {
	given := make(chan struct{})
	f.mu.Lock()
	j.Status, j.Inputs, j.given = taskInputRequired, wanted, given
	f.mu.Unlock()
	select {
	case <-given:
	case <-ctx.Done():
	}
	return j.answers
}

func (f *fixtureTasks) task(_ context.Context, id string, _ *sdk.ClientCapabilities) (*task, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.jobs[id]
	if !ok {
		return nil, errNoTask
	}
	t := j.task
	t.Inputs = make(sdk.InputRequestMap, len(j.Inputs))
	for name, wanted := range j.Inputs {
		t.Inputs[name] = wanted
	}
	return &t, nil
}

func (f *fixtureTasks) answerTask(_ context.Context, id string, answers map[string]json.RawMessage) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.jobs[id]
	if !ok {
		return errNoTask
	}
	if j.Status != taskInputRequired {
		return nil
	}
	for name, raw := range answers {
		var answer sdk.ElicitResult
		if _, asked := j.Inputs[name]; !asked || json.Unmarshal(raw, &answer) != nil {
			continue
		}
		j.answers[name] = &answer
		delete(j.Inputs, name)
	}
	if len(j.Inputs) == 0 {
		j.Status = taskWorking
		close(j.given)
	}
	return nil
}

func (f *fixtureTasks) cancelTask(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.jobs[id]
	if !ok {
		return errNoTask
	}
	j.cancel()
	return nil
}

// lasts waits, unless it is cancelled.
func lasts(ctx context.Context, d time.Duration) {
	wait, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-wait.Done()
}

// taskFixtures go on as tasks, where the client knows tasks.
func taskFixtures(server *sdk.Server, add func(string, string, fixture)) {
	tasks := &fixtureTasks{jobs: map[string]*fixtureJob{}}
	serveTasks(server, tasks)
	always := func(do job) fixture {
		return func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			if !knowsTasks(req.ClientCapabilities()) {
				return nil, errNeedsTasks
			}
			return tasks.start(do), nil
		}
	}
	add("greet", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		var in struct{ Name string }
		if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
		}
		return says("Hello, " + in.Name + "!"), nil
	})
	add("slow_compute", "", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		var in struct{ Seconds float64 }
		if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
		}
		d := time.Duration(in.Seconds * float64(time.Second))
		if d == 0 || !knowsTasks(req.ClientCapabilities()) {
			lasts(ctx, d)
			return says("computed"), nil
		}
		return tasks.start(func(ctx context.Context, _ asker) (*sdk.CallToolResult, *jsonrpc.Error) {
			lasts(ctx, d)
			return says("computed"), nil
		}), nil
	})
	add("failing_job", "", always(func(ctx context.Context, _ asker) (*sdk.CallToolResult, *jsonrpc.Error) {
		lasts(ctx, time.Second)
		res := says("this job fails")
		res.IsError = true
		return res, nil
	}))
	add("protocol_error_job", "", always(func(context.Context, asker) (*sdk.CallToolResult, *jsonrpc.Error) {
		return nil, &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: "the job broke"}
	}))
	// The suite calls whatever it finds first, so these do without a task too.
	either := func(do job) fixture {
		return func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			if knowsTasks(req.ClientCapabilities()) {
				return tasks.start(do), nil
			}
			res, _ := do(ctx, func(sdk.InputRequestMap) map[string]*sdk.ElicitResult { return nil })
			return res, nil
		}
	}
	add("confirm_delete", "", either(func(_ context.Context, ask asker) (*sdk.CallToolResult, *jsonrpc.Error) {
		if given := ask(sdk.InputRequestMap{"confirm-1": wants("confirm", "boolean", "Delete it?")})["confirm-1"]; given == nil || given.Action != "accept" {
			return says("kept"), nil
		}
		return says("deleted"), nil
	}))
	add("multi_input", "", either(func(_ context.Context, ask asker) (*sdk.CallToolResult, *jsonrpc.Error) {
		given := ask(sdk.InputRequestMap{"name-1": wants("name", "string", "Whose?"), "confirm-2": wants("confirm", "boolean", "Sure?")})
		return says(fmt.Sprintf("%d answers", len(given))), nil
	}))
	add("test_tool_with_task", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if !knowsTasks(req.ClientCapabilities()) {
			return nil, errNeedsTasks
		}
		given := accepted(req.Params.InputResponses, "user_name")
		if given["name"] == nil {
			return inputs(sealed("name"), sdk.InputRequestMap{"user_name": wants("name", "string", "What is your name?")}), nil
		}
		return tasks.start(func(context.Context, asker) (*sdk.CallToolResult, *jsonrpc.Error) {
			return says(fmt.Sprintf("Hello, %v!", given["name"])), nil
		}), nil
	})
}
