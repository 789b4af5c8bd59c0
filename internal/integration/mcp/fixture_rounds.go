//lint:file-ignore SA1019 the conformance suite asks for what later revisions deprecate

package mcp

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// wants asks the person for one field.
func wants(name, kind, message string) *sdk.ElicitParams {
	return &sdk.ElicitParams{Message: message, RequestedSchema: map[string]any{
		"type": "object", "properties": map[string]any{name: map[string]any{"type": kind}}, "required": []string{name},
	}}
}

// accepted is what the person entered, nil for anything else.
func accepted(given sdk.InputResponseMap, name string) map[string]any {
	res, ok := given[name].(*sdk.ElicitResult)
	if !ok || res == nil || res.Action != "accept" {
		return nil
	}
	if res.Content == nil {
		return map[string]any{}
	}
	return res.Content
}

// fixtureKey signs the fixtures' states: what they carry is no secret, only ours.
var fixtureKey = []byte("the fixtures' states are public")

func sealed(state string) string {
	mac := hmac.New(sha256.New, fixtureKey)
	mac.Write([]byte(state))
	return state + "." + hex.EncodeToString(mac.Sum(nil))
}

func unsealed(state string) (string, bool) {
	plain, _, ok := strings.Cut(state, ".")
	return plain, ok && hmac.Equal([]byte(sealed(plain)), []byte(state))
}

var errState = &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: "this requestState is not ours"}

func inputs(state string, wanted sdk.InputRequestMap) *sdk.CallToolResult {
	return &sdk.CallToolResult{InputRequests: wanted, RequestState: state}
}

func sampling(text string) *sdk.CreateMessageParams {
	return &sdk.CreateMessageParams{MaxTokens: 50, Messages: []*sdk.SamplingMessage{{Role: "user", Content: &sdk.TextContent{Text: text}}}}
}

func sampled(given sdk.InputResponseMap, name string) (string, bool) {
	res, ok := given[name].(*sdk.CreateMessageWithToolsResult)
	if !ok || res == nil {
		return "", false
	}
	for _, c := range res.Content {
		if text, ok := c.(*sdk.TextContent); ok {
			return text.Text, true
		}
	}
	return "", true
}

// roundFixtures answer in several rounds (2026-07-28): the result asks, the client
// calls again with what was asked for.
func roundFixtures(add func(string, string, fixture)) {
	const prefix = "test_input_required_result_"
	add(prefix+"elicitation", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if given := accepted(req.Params.InputResponses, "user_name"); given["name"] != nil {
			return says(fmt.Sprintf("Hello, %v!", given["name"])), nil
		}
		return inputs("", sdk.InputRequestMap{"user_name": wants("name", "string", "What is your name?")}), nil
	})
	add(prefix+"sampling", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if text, ok := sampled(req.Params.InputResponses, "capital_question"); ok {
			return says("Sampling response: " + text), nil
		}
		return inputs("", sdk.InputRequestMap{"capital_question": sampling("What is the capital of France?")}), nil
	})
	add(prefix+"list_roots", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if res, ok := req.Params.InputResponses["client_roots"].(*sdk.ListRootsResult); ok && res != nil {
			return says(fmt.Sprintf("%d roots", len(res.Roots))), nil
		}
		return inputs("", sdk.InputRequestMap{"client_roots": &sdk.ListRootsParams{}}), nil
	})
	confirm := func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		ask := inputs(sealed("confirm"), sdk.InputRequestMap{"confirm": wants("ok", "boolean", "Please confirm")})
		if req.Params.RequestState == "" {
			return ask, nil
		}
		if _, ok := unsealed(req.Params.RequestState); !ok {
			return nil, errState
		}
		if accepted(req.Params.InputResponses, "confirm") == nil {
			return ask, nil
		}
		return says("state-ok: confirmed"), nil
	}
	add(prefix+"request_state", "", confirm)
	add(prefix+"tampered_state", "", confirm)
	add(prefix+"multiple_inputs", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		name := accepted(req.Params.InputResponses, "user_name")
		greeting, greeted := sampled(req.Params.InputResponses, "greeting")
		roots, rooted := req.Params.InputResponses["client_roots"].(*sdk.ListRootsResult)
		if name != nil && greeted && rooted && roots != nil {
			return says(fmt.Sprintf("%s %v, %d roots", greeting, name["name"], len(roots.Roots))), nil
		}
		return inputs(sealed("several"), sdk.InputRequestMap{
			"user_name": wants("name", "string", "What is your name?"), "greeting": sampling("Generate a greeting"), "client_roots": &sdk.ListRootsParams{},
		}), nil
	})
	add(prefix+"multi_round", "", rounds)
	add(prefix+"capabilities", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if len(req.Params.InputResponses) > 0 {
			return says("the client gave what it can"), nil
		}
		can, wanted := req.ClientCapabilities(), sdk.InputRequestMap{}
		if can != nil && can.Elicitation != nil {
			wanted["user_name"] = wants("name", "string", "What is your name?")
		}
		if can != nil && can.Sampling != nil {
			wanted["greeting"] = sampling("Generate a short greeting")
		}
		if can != nil && can.RootsV2 != nil {
			wanted["client_roots"] = &sdk.ListRootsParams{}
		}
		if len(wanted) == 0 {
			return says("the client can give nothing"), nil
		}
		return inputs("", wanted), nil
	})
}

// rounds asks twice; the first answer travels in the state.
func rounds(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
	first := inputs(sealed("1"), sdk.InputRequestMap{"step1": wants("name", "string", "Step 1: What is your name?")})
	if req.Params.RequestState == "" {
		return first, nil
	}
	state, ok := unsealed(req.Params.RequestState)
	if !ok {
		return nil, errState
	}
	if state == "1" {
		given := accepted(req.Params.InputResponses, "step1")
		if given == nil {
			return first, nil
		}
		return inputs(sealed(fmt.Sprintf("2 %x", fmt.Sprint(given["name"]))), sdk.InputRequestMap{"step2": wants("color", "string", "Step 2: What is your favorite color?")}), nil
	}
	given := accepted(req.Params.InputResponses, "step2")
	if given == nil {
		return inputs(sealed(state), sdk.InputRequestMap{"step2": wants("color", "string", "Step 2: What is your favorite color?")}), nil
	}
	name, _ := hex.DecodeString(strings.TrimPrefix(state, "2 "))
	return says(fmt.Sprintf("%s likes %v", name, given["color"])), nil
}
