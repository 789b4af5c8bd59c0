package mcp

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/ai-session/ai-session/api"
)

const (
	// taskPoll is how often a client should ask.
	taskPoll = time.Second
	// taskMemory bounds what is remembered of tasks beside the commands themselves.
	taskMemory = 1024
)

// execTasks are commands as tasks. A task's name is its block's reference, so what a
// task is follows from what the sessions hold: it outlives this server, and a restart
// of the daemon.
type execTasks struct {
	*Server

	mu        sync.Mutex        // guards what follows
	cancelled map[string]bool   // by us; otherwise an interrupted command is a completed one
	answered  map[string]string // the input of each task that was answered last
}

func newExecTasks(s *Server) *execTasks {
	return &execTasks{Server: s, cancelled: map[string]bool{}, answered: map[string]string{}}
}

// block finds the command of a task.
func (x *execTasks) block(ctx context.Context, id string) (*api.Report, error) {
	if _, ok := api.BlockNumber(id); !ok {
		return nil, errNoTask
	}
	w, err := api.Wait.Call(ctx, x.caller, &api.WaitRequest{Session: "@" + id, TimeoutMS: 1})
	if code := api.CodeOf(err); code == api.NotFound || code == api.Invalid {
		return nil, errNoTask
	}
	if err != nil {
		return nil, err
	}
	if w.Block == nil {
		return nil, errNoTask
	}
	return w.Block, nil
}

// factsOf is what a block says of its task.
func factsOf(r *api.Report) taskFacts {
	return taskFacts{
		ID: r.ID, Status: taskWorking, Message: "runs in session " + r.Session,
		Created: r.StartedAt.UTC(), Updated: r.StartedAt.Add(r.DurationMS.Duration()).UTC(), Interval: taskPoll.Milliseconds(),
	}
}

// question names what a command asks for now: another question has another name.
func question(r *api.Report) string { return "answer-" + strconv.FormatInt(r.RawBytes, 10) }

func (x *execTasks) task(ctx context.Context, id string, can *sdk.ClientCapabilities) (*task, error) {
	r, err := x.block(ctx, id)
	if err != nil {
		return nil, err
	}
	t := &task{taskFacts: factsOf(r)}
	switch {
	case r.State == api.BlockDone || r.State == api.BlockDead:
		t.Status, t.Message, t.Result = taskCompleted, "", &taskOutcome{reported(r)}
		if x.wasCancelled(id) {
			t.Status, t.Result = taskCancelled, nil
		}
	case r.State == api.BlockTUI:
		t.Message = "a full-screen program in session " + r.Session + ": read its screen, send keys"
	case x.asks(r):
		t.Message = "waits for input in session " + r.Session
		if mayAsk(r, can) {
			t.Status, t.Inputs = taskInputRequired, sdk.InputRequestMap{question(r): x.elicitation(r, can)}
		}
	}
	return t, nil
}

func (x *execTasks) wasCancelled(id string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.cancelled[id]
}

// asks says whether a command waits for an answer that it has not been given.
func (x *execTasks) asks(r *api.Report) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return r.State == api.BlockNeedsInput && x.answered[r.ID] != question(r)
}

// answerTask types what the person answered. What was not asked for, or no longer is,
// is passed over.
func (x *execTasks) answerTask(ctx context.Context, id string, answers map[string]json.RawMessage) error {
	r, err := x.block(ctx, id)
	if err != nil {
		return err
	}
	given, ok := answers[question(r)]
	if !ok || !x.asks(r) {
		return nil
	}
	var answer sdk.ElicitResult
	if err := json.Unmarshal(given, &answer); err != nil {
		return api.Errorf(api.Invalid, "the answer to %s: %v", id, err)
	}
	if answer.Action != "accept" {
		return x.cancelTask(ctx, id) // it cannot go on without
	}
	x.remember(func() { x.answered[id] = question(r) })
	text, ok := answer.Content["answer"].(string)
	if !ok {
		return nil // he answers on a page
	}
	_, err = api.Send.Call(ctx, x.caller, &api.SendRequest{Session: r.Session, Text: text, Keys: []string{"Enter"}})
	return err
}

// cancelTask interrupts a command, as ^C would. One that has ended is left as it is.
func (x *execTasks) cancelTask(ctx context.Context, id string) error {
	r, err := x.block(ctx, id)
	if err != nil || r.State == api.BlockDone || r.State == api.BlockDead {
		return err
	}
	s, err := api.Inspect.Call(ctx, x.caller, &api.SessionRequest{Session: r.Session})
	if err != nil || s.Open != id {
		return err
	}
	x.remember(func() { x.cancelled[id] = true })
	_, err = api.Signal.Call(ctx, x.caller, &api.SignalRequest{Session: r.Session, Signal: "INT"})
	return err
}

// remember notes something, and forgets all before it becomes too much: what is lost
// is only a word for how an old task ended.
func (x *execTasks) remember(note func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.cancelled)+len(x.answered) >= taskMemory {
		clear(x.cancelled)
		clear(x.answered)
	}
	note()
}

// tasks says whether a command of this call may become a task: the client knows them,
// and the model did not say when it wants to be answered.
func (c *call) tasks(req *api.ExecRequest) bool {
	return req.TimeoutMS == 0 && !req.Background && knowsTasks(c.req.ClientCapabilities())
}
