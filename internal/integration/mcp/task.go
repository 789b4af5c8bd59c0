package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// The tasks extension (SEP-2663): a call that takes long is answered by the name of a
// task, which the client asks for until it has ended. The server decides; a client
// only says that it knows tasks. The SDK has no tasks, so they stand beside it, as
// methods of our own and a middleware around the calls of tools.

// tasksExtension is what a client declares that knows tasks.
const tasksExtension = "io.modelcontextprotocol/tasks"

// taskStatus is where a task stands.
type taskStatus string

const (
	taskWorking       taskStatus = "working"
	taskInputRequired taskStatus = "input_required"
	taskCompleted     taskStatus = "completed"
	taskFailed        taskStatus = "failed"
	taskCancelled     taskStatus = "cancelled"
)

// taskFacts are what is said of a task wherever it is named.
type taskFacts struct {
	ID       string     `json:"taskId"`
	Status   taskStatus `json:"status"`
	Message  string     `json:"statusMessage,omitempty"`
	Created  time.Time  `json:"createdAt"`
	Updated  time.Time  `json:"lastUpdatedAt"`
	TTL      *int64     `json:"ttlMs"`                    // null: as long as its output is kept
	Interval int64      `json:"pollIntervalMs,omitempty"` // how often to ask
}

// task is a task as tasks/get tells it. One of the last three is set, or none.
type task struct {
	taskFacts
	Result *taskOutcome        `json:"result,omitempty"`
	Error  *jsonrpc.Error      `json:"error,omitempty"`
	Inputs sdk.InputRequestMap `json:"inputRequests,omitempty"`
}

// taskOutcome is what the call would have been answered. Of an answer the SDK itself says
// that it is complete; of one within another nobody does, and clients refuse it.
type taskOutcome struct{ *sdk.CallToolResult }

func (o taskOutcome) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(o.CallToolResult)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, err
	}
	fields["resultType"] = json.RawMessage(`"complete"`)
	return json.Marshal(fields)
}

// taskKeeper holds tasks. An id that it does not know is errNoTask.
type taskKeeper interface {
	task(ctx context.Context, id string, can *sdk.ClientCapabilities) (*task, error)
	answerTask(ctx context.Context, id string, answers map[string]json.RawMessage) error
	cancelTask(ctx context.Context, id string) error
}

var errNoTask = &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "no such task"}

// The methods' parameters and results.
type (
	taskParams struct {
		sdk.ParamsBase
		ID      string                     `json:"taskId"`
		Answers map[string]json.RawMessage `json:"inputResponses,omitempty"`
	}
	taskResult struct {
		sdk.ResultBase
		ResultType string `json:"resultType"`
		task
	}
	taskCreated struct {
		sdk.ResultBase
		ResultType string `json:"resultType"`
		taskFacts
	}
	taskDone struct {
		sdk.ResultBase
		ResultType string `json:"resultType"`
	}
)

// promise is the result of a call that goes on as a task. It is only ever seen between
// a tool and promises.
type promise struct{ taskFacts }

func promised(facts taskFacts) *sdk.CallToolResult {
	return &sdk.CallToolResult{StructuredContent: &promise{facts}}
}

// promises turns the result of a tool that made a task into the protocol's.
func promises(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		res, err := next(ctx, method, req)
		if call, ok := res.(*sdk.CallToolResult); ok && call != nil {
			if p, ok := call.StructuredContent.(*promise); ok {
				return &taskCreated{ResultType: "task", taskFacts: p.taskFacts}, nil
			}
		}
		return res, err
	}
}

// serveTasks adds the extension's methods to a server.
func serveTasks(server *sdk.Server, keeper taskKeeper) {
	server.AddReceivingMiddleware(promises, onlyTaskClients)
	done := func(err error) (*taskDone, error) {
		if err != nil {
			return nil, err
		}
		return &taskDone{ResultType: "complete"}, nil
	}
	err := errors.Join(
		sdk.AddReceivingCustomMethod(server, "tasks/get", func(ctx context.Context, ss *sdk.ServerSession, p *taskParams) (*taskResult, error) {
			t, err := keeper.task(ctx, p.ID, capabilities(ss, p))
			if err != nil {
				return nil, err
			}
			return &taskResult{ResultType: "complete", task: *t}, nil
		}),
		sdk.AddReceivingCustomMethod(server, "tasks/update", func(ctx context.Context, _ *sdk.ServerSession, p *taskParams) (*taskDone, error) {
			return done(keeper.answerTask(ctx, p.ID, p.Answers))
		}),
		sdk.AddReceivingCustomMethod(server, "tasks/cancel", func(ctx context.Context, _ *sdk.ServerSession, p *taskParams) (*taskDone, error) {
			return done(keeper.cancelTask(ctx, p.ID))
		}))
	if err != nil {
		panic("mcp: the SDK has methods for tasks now: " + err.Error())
	}
}

func capabilities(ss *sdk.ServerSession, p *taskParams) *sdk.ClientCapabilities {
	return (&sdk.ServerRequest[*taskParams]{Session: ss, Params: p}).ClientCapabilities()
}

// onlyTaskClients refuses the extension's methods to clients that have not declared it,
// and requests without parameters.
func onlyTaskClients(next sdk.MethodHandler) sdk.MethodHandler {
	return func(ctx context.Context, method string, req sdk.Request) (sdk.Result, error) {
		if !strings.HasPrefix(method, "tasks/") {
			return next(ctx, method, req)
		}
		r, ok := req.(*sdk.ServerRequest[*taskParams])
		if !ok || r.Params == nil {
			return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: method + " needs a taskId"}
		}
		if !knowsTasks(r.ClientCapabilities()) {
			return nil, errNeedsTasks
		}
		return next(ctx, method, req)
	}
}

func knowsTasks(can *sdk.ClientCapabilities) bool {
	if can == nil {
		return false
	}
	_, ok := can.Extensions[tasksExtension]
	return ok
}

// errNeedsTasks tells a client what it would have to declare (SEP-2575).
var errNeedsTasks = &jsonrpc.Error{
	Code:    sdk.CodeMissingRequiredClientCapabilities,
	Message: "this needs a client that declares " + tasksExtension,
	Data:    json.RawMessage(`{"requiredCapabilities":{"extensions":{"` + tasksExtension + `":{}}}}`),
}

// withTasks adds the extension to what a server says it can do.
func withTasks(c *sdk.ServerCapabilities) *sdk.ServerCapabilities {
	c.AddExtension(tasksExtension, nil)
	return c
}
