//lint:file-ignore SA1019 the conformance suite asks for what later revisions deprecate

package mcp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// The tools, resources and prompts that the conformance suite asks for by name, served
// as ours are. They show that our transport and everything below it keep the protocol.

// Small files of the suite's kinds: a picture of one pixel, a sound of no length.
const (
	fixtureImage = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
	fixtureAudio = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
)

func fixtureBytes(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic("mcp: a fixture is not base64")
	}
	return b
}

// fixture is what a fixture tool does.
type fixture func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error)

func says(text string) *sdk.CallToolResult {
	return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: text}}}
}

func answers(content ...sdk.Content) fixture {
	return func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return &sdk.CallToolResult{Content: content}, nil
	}
}

func fixtures() *sdk.Server {
	nothing := func(context.Context, *sdk.SubscribeRequest) error { return nil }
	server := sdk.NewServer(&sdk.Implementation{Name: "ai-session", Version: "fixtures"}, &sdk.ServerOptions{
		SubscribeHandler:   nothing,
		UnsubscribeHandler: func(context.Context, *sdk.UnsubscribeRequest) error { return nil },
		Capabilities:       withTasks(&sdk.ServerCapabilities{Logging: &sdk.LoggingCapabilities{}}),
		CompletionHandler: func(context.Context, *sdk.CompleteRequest) (*sdk.CompleteResult, error) {
			return &sdk.CompleteResult{Completion: sdk.CompletionResultDetails{Values: []string{}}}, nil
		},
	})
	add := func(name, schema string, do fixture) {
		if schema == "" {
			schema = `{"type":"object"}`
		}
		server.AddTool(&sdk.Tool{Name: name, Description: "fixture", InputSchema: json.RawMessage(schema)}, sdk.ToolHandler(do))
	}
	plainFixtures(add)
	clientFixtures(add)
	statelessFixtures(server, add)
	roundFixtures(add)
	taskFixtures(server, add)
	fixtureResources(server)
	fixturePrompts(server)
	return server
}

// plainFixtures answer with every kind of content.
func plainFixtures(add func(string, string, fixture)) {
	image := &sdk.ImageContent{Data: fixtureBytes(fixtureImage), MIMEType: "image/png"}
	embedded := func(uri, text string) *sdk.EmbeddedResource {
		return &sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: uri, MIMEType: "text/plain", Text: text}}
	}
	add("test_simple_text", "", answers(&sdk.TextContent{Text: "This is a simple text response for testing."}))
	add("test_image_content", "", answers(image))
	add("test_audio_content", "", answers(&sdk.AudioContent{Data: fixtureBytes(fixtureAudio), MIMEType: "audio/wav"}))
	add("test_embedded_resource", "", answers(embedded("test://embedded-resource", "This is an embedded resource content.")))
	add("test_multiple_content_types", "", answers(&sdk.TextContent{Text: "Multiple content types test:"}, image,
		&sdk.EmbeddedResource{Resource: &sdk.ResourceContents{URI: "test://mixed-content-resource", MIMEType: "application/json", Text: `{"test":"data","value":123}`}}))
	add("test_error_handling", "", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		res := says("This tool intentionally returns an error for testing")
		res.IsError = true
		return res, nil
	})
	add("test_tool_with_logging", "", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		for _, text := range []string{"Tool execution started", "Tool processing data", "Tool execution completed"} {
			req.Session.Log(ctx, &sdk.LoggingMessageParams{Level: "info", Data: text})
			pause(ctx)
		}
		return says("Tool with logging executed successfully"), nil
	})
	add("test_tool_with_progress", "", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		token := req.Params.GetProgressToken()
		for _, done := range []float64{0, 50, 100} {
			req.Session.NotifyProgress(ctx, &sdk.ProgressNotificationParams{ProgressToken: token, Progress: done, Total: 100, Message: fmt.Sprintf("Completed step %.0f of 100", done)})
			pause(ctx)
		}
		return says(fmt.Sprint(token)), nil
	})
	add("test_reconnection", "", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if req.Extra != nil && req.Extra.CloseSSEStream != nil {
			req.Extra.CloseSSEStream(sdk.CloseSSEStreamArgs{RetryAfter: 10 * time.Millisecond})
		}
		pause(ctx)
		return says("Reconnection test completed successfully"), nil
	})
	add("json_schema_2020_12_tool", `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",
		"$defs":{"address":{"$anchor":"addressDef","type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}},
		"properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},"contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},"email":{"type":"string"}},
		"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],
		"if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},"then":{"required":["phone"]},"else":{"required":["email"]},
		"additionalProperties":false}`, answers(&sdk.TextContent{Text: "called"}))
	add("test_x_mcp_header", `{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},"level":{"type":"integer"}}}`,
		func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			var in struct{ Region string }
			if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
				return nil, &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: err.Error()}
			}
			return says("region=" + in.Region), nil
		})
}

// pause lets a client see that something takes its time.
func pause(ctx context.Context) {
	wait, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	<-wait.Done()
}

// clientFixtures ask the client for something while the call is open (until
// 2025-11-25).
func clientFixtures(add func(string, string, fixture)) {
	text := `{"type":"object","properties":{"%s":{"type":"string"}},"required":["%[1]s"]}`
	add("test_sampling", fmt.Sprintf(text, "prompt"), func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		var in struct{ Prompt string }
		if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
			return nil, err
		}
		res, err := req.Session.CreateMessage(ctx, &sdk.CreateMessageParams{
			MaxTokens: 100, Messages: []*sdk.SamplingMessage{{Role: "user", Content: &sdk.TextContent{Text: in.Prompt}}},
		})
		if err != nil {
			return nil, err
		}
		said, _ := res.Content.(*sdk.TextContent)
		if said == nil {
			return nil, errors.New("the client sampled no text")
		}
		return says("LLM response: " + said.Text), nil
	})
	elicit := func(schema any) fixture {
		return func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
			in := struct{ Message string }{"Please fill this in"}
			if len(req.Params.Arguments) > 0 {
				if err := json.Unmarshal(req.Params.Arguments, &in); err != nil {
					return nil, err
				}
			}
			res, err := req.Session.Elicit(ctx, &sdk.ElicitParams{Message: in.Message, RequestedSchema: schema})
			if err != nil {
				return nil, err
			}
			content, err := json.Marshal(res.Content)
			if err != nil {
				return nil, err
			}
			return says(fmt.Sprintf("Elicitation completed: action=%s, content=%s", res.Action, content)), nil
		}
	}
	add("test_elicitation", fmt.Sprintf(text, "message"), elicit(json.RawMessage(
		`{"type":"object","properties":{"username":{"type":"string","description":"User's response"},"email":{"type":"string","description":"User's email address"}},"required":["username","email"]}`)))
	add("test_elicitation_sep1034_defaults", "", elicit(json.RawMessage(`{"type":"object","properties":{
		"name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},
		"status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},"verified":{"type":"boolean","default":true}},"required":[]}`)))
	add("test_elicitation_sep1330_enums", "", elicit(json.RawMessage(`{"type":"object","properties":{
		"untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
		"titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
		"legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
		"untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
		"titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},"required":[]}`)))
}

// statelessFixtures are what 2026-07-28 changed.
func statelessFixtures(server *sdk.Server, add func(string, string, fixture)) {
	add("test_missing_capability", "", func(_ context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		if c := req.ClientCapabilities(); c != nil && c.Sampling != nil {
			return says("the client samples"), nil
		}
		data, err := json.Marshal(sdk.MissingRequiredClientCapabilityData{RequiredCapabilities: &sdk.ClientCapabilities{Sampling: &sdk.SamplingCapabilities{}}})
		if err != nil {
			return nil, err
		}
		return nil, &jsonrpc.Error{Code: sdk.CodeMissingRequiredClientCapabilities, Message: "this tool needs a client that samples", Data: data}
	})
	add("test_streaming_elicitation", "", answers(&sdk.TextContent{Text: "only notifications came before this"}))
	add("test_logging_tool", "", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		req.Session.Log(ctx, &sdk.LoggingMessageParams{Level: "info", Data: "logged"})
		return says("logged, if the client asked for it"), nil
	})
	add("test_trigger_tool_change", "", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		server.AddTool(&sdk.Tool{Name: "test_come_and_gone", InputSchema: json.RawMessage(`{"type":"object"}`)}, sdk.ToolHandler(answers()))
		server.RemoveTools("test_come_and_gone")
		return says("the list of tools has changed twice"), nil
	})
	add("test_trigger_prompt_change", "", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		server.AddPrompt(&sdk.Prompt{Name: "test_come_and_gone"}, func(context.Context, *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
			return &sdk.GetPromptResult{}, nil
		})
		server.RemovePrompts("test_come_and_gone")
		return says("the list of prompts has changed twice"), nil
	})
}

func fixtureResources(server *sdk.Server) {
	text := func(text string) sdk.ResourceHandler {
		return func(_ context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: req.Params.URI, MIMEType: "text/plain", Text: text}}}, nil
		}
	}
	server.AddResource(&sdk.Resource{Name: "static text", URI: "test://static-text", MIMEType: "text/plain"}, text("This is the content of the static text resource."))
	server.AddResource(&sdk.Resource{Name: "watched", URI: "test://watched-resource", MIMEType: "text/plain"}, text("watched"))
	server.AddResource(&sdk.Resource{Name: "static binary", URI: "test://static-binary", MIMEType: "image/png"},
		func(_ context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: req.Params.URI, MIMEType: "image/png", Blob: fixtureBytes(fixtureImage)}}}, nil
		})
	server.AddResourceTemplate(&sdk.ResourceTemplate{Name: "template", URITemplate: "test://template/{id}/data", MIMEType: "application/json"},
		func(_ context.Context, req *sdk.ReadResourceRequest) (*sdk.ReadResourceResult, error) {
			var id string
			if _, err := fmt.Sscanf(req.Params.URI, "test://template/%3s/data", &id); err != nil {
				return nil, sdk.ResourceNotFoundError(req.Params.URI)
			}
			body := fmt.Sprintf(`{"id":%q,"templateTest":true,"data":%q}`, id, "Data for ID: "+id)
			return &sdk.ReadResourceResult{Contents: []*sdk.ResourceContents{{URI: req.Params.URI, MIMEType: "application/json", Text: body}}}, nil
		})
}

func fixturePrompts(server *sdk.Server) {
	argument := func(names ...string) (all []*sdk.PromptArgument) {
		for _, n := range names {
			all = append(all, &sdk.PromptArgument{Name: n, Description: n, Required: true})
		}
		return all
	}
	user := func(content sdk.Content) *sdk.PromptMessage {
		return &sdk.PromptMessage{Role: "user", Content: content}
	}
	add := func(name string, arguments []*sdk.PromptArgument, messages func(map[string]string) []*sdk.PromptMessage) {
		server.AddPrompt(&sdk.Prompt{Name: name, Description: "fixture", Arguments: arguments}, func(_ context.Context, req *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
			return &sdk.GetPromptResult{Messages: messages(req.Params.Arguments)}, nil
		})
	}
	add("test_simple_prompt", nil, func(map[string]string) []*sdk.PromptMessage {
		return []*sdk.PromptMessage{user(&sdk.TextContent{Text: "This is a simple prompt for testing."})}
	})
	add("test_prompt_with_arguments", argument("arg1", "arg2"), func(a map[string]string) []*sdk.PromptMessage {
		return []*sdk.PromptMessage{user(&sdk.TextContent{Text: fmt.Sprintf("Prompt with arguments: arg1='%s', arg2='%s'", a["arg1"], a["arg2"])})}
	})
	add("test_prompt_with_embedded_resource", argument("resourceUri"), func(a map[string]string) []*sdk.PromptMessage {
		r := &sdk.ResourceContents{URI: a["resourceUri"], MIMEType: "text/plain", Text: "Embedded resource content for testing."}
		return []*sdk.PromptMessage{user(&sdk.EmbeddedResource{Resource: r}), user(&sdk.TextContent{Text: "Please process the embedded resource above."})}
	})
	add("test_prompt_with_image", nil, func(map[string]string) []*sdk.PromptMessage {
		return []*sdk.PromptMessage{user(&sdk.ImageContent{Data: fixtureBytes(fixtureImage), MIMEType: "image/png"}), user(&sdk.TextContent{Text: "Please analyze the image above."})}
	})
	server.AddPrompt(&sdk.Prompt{Name: "test_input_required_result_prompt", Description: "fixture"}, func(_ context.Context, req *sdk.GetPromptRequest) (*sdk.GetPromptResult, error) {
		if given := accepted(req.Params.InputResponses, "user_context"); given != nil {
			return &sdk.GetPromptResult{Messages: []*sdk.PromptMessage{user(&sdk.TextContent{Text: fmt.Sprintf("Context: %v", given["context"])})}}, nil
		}
		return &sdk.GetPromptResult{InputRequests: sdk.InputRequestMap{"user_context": wants("context", "string", "Please provide context")}}, nil
	})
}
