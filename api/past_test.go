package api_test

import (
	"testing"

	"github.com/ai-session/ai-session/api"
)

func TestAStreamIsTakenUpBehindItsLastItem(t *testing.T) {
	three := &api.Chunk{Data: []byte("abc")}
	for _, c := range []struct {
		req  api.RawRequest
		want string // "": it cannot be
	}{
		{api.RawRequest{Ref: "dev", Follow: true}, "dev#3-"},
		{api.RawRequest{Ref: "dev#10-"}, "dev#13-"},
		{api.RawRequest{Ref: "@e42"}, "@e42#3-"},
		{api.RawRequest{Ref: "@e42#100-200"}, "@e42#103-200"},
		{api.RawRequest{Ref: "@e42#100-102"}, ""},
		{api.RawRequest{Ref: "@e42#-5"}, ""},
		{api.RawRequest{Ref: "@last"}, ""},
		{api.RawRequest{Ref: "@e42", Lines: "2-"}, ""},
		{api.RawRequest{Ref: "@e42", Stream: "stderr"}, ""},
	} {
		rest, ok := c.req.Past(three).(*api.RawRequest)
		if c.want == "" && ok || c.want != "" && (!ok || rest.Ref != c.want || rest.Follow != c.req.Follow) {
			t.Errorf("%+v goes on as %+v, want %q", c.req, rest, c.want)
		}
	}
	follow := api.EventsRequest{Session: "dev", Follow: true}
	if rest := follow.Past(&api.Event{Seq: 7}).(*api.EventsRequest); rest.After != 7 || rest.Session != "dev" || !rest.Follow {
		t.Errorf("events go on as %+v", rest)
	}
	for _, none := range []any{nil, &api.Event{Kind: "state"}} {
		if rest := follow.Past(none).(*api.EventsRequest); rest.After != -1 {
			t.Errorf("before the first event: %+v", rest)
		}
	}
	if rest := (&api.RawRequest{Ref: "dev"}).Past(nil).(*api.RawRequest); rest.Ref != "dev#0-" {
		t.Errorf("before the first byte: %+v", rest)
	}
	if (&api.EventsRequest{}).Past(&api.Event{Seq: 7}) != nil {
		t.Error("events that are not followed are taken up")
	}
}
