package config

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ai-session/ai-session/api"
)

// Remote is another machine's daemon, as `remote add` keeps it.
type Remote struct {
	URL         string `json:"url"`
	Fingerprint string `json:"fingerprint,omitempty"` // of its certificate; else the system's authorities decide
	Token       string `json:"token,omitempty"`
}

func (p Paths) remotes() string { return filepath.Join(p.Config, "remotes.json") }

// Remotes reads every remote by its name.
func (p Paths) Remotes() (map[string]Remote, error) {
	all := map[string]Remote{}
	b, err := os.ReadFile(p.remotes())
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		return nil, api.Errorf(api.Invalid, "%s: %v", p.remotes(), err)
	}
	return all, nil
}

// SaveRemotes writes them, for the user's eyes alone: tokens are among them.
func (p Paths) SaveRemotes(all map[string]Remote) error {
	b, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(p.Config, 0o700); err != nil {
		return err
	}
	tmp := p.remotes() + ".tmp"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, p.remotes())
}

// IsRemote tells a URL or a remote's name from the path of a unix socket.
func IsRemote(server string) bool {
	return strings.HasPrefix(server, "https://") ||
		server != "" && !strings.HasPrefix(server, "unix:") && !strings.ContainsAny(server, `/\`)
}

// FindRemote resolves a URL or a name. AI_SESSION_TOKEN stands above a kept token.
func (p Paths) FindRemote(server string, getenv func(string) string) (Remote, error) {
	r := Remote{URL: server}
	all, err := p.Remotes()
	if err != nil {
		return r, err
	}
	if named, ok := all[server]; ok {
		r = named
	} else if !strings.HasPrefix(server, "https://") {
		return r, api.Errorf(api.NotFound, "no remote %q", server).WithHint("ai-session remote add %s https://HOST:PORT", server)
	} else {
		for _, known := range all { // a URL that has a name is known by it too
			if known.URL == server {
				r = known
			}
		}
	}
	if token := getenv("AI_SESSION_TOKEN"); token != "" {
		r.Token = token
	}
	return r, nil
}
