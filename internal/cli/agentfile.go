package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ai-session/ai-session/api"
)

// jsonObject is one whose order is kept: other people's settings are changed in
// one place and left as they are in all others.
type jsonObject []member

type member struct {
	name  string
	value json.RawMessage
}

func parseObject(b []byte) (jsonObject, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	open, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	var m jsonObject
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		m = append(m, member{name.(string), value})
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("it goes on after its JSON object")
	}
	return m, nil
}

// MarshalJSON writes the members in their order.
func (m jsonObject) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, x := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := plainJSON(x.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(x.value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// plainJSON writes JSON without escaping <, > and &: people read these files.
func plainJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

func (m jsonObject) get(name string) json.RawMessage {
	for _, x := range m {
		if x.name == name {
			return x.value
		}
	}
	return nil
}

// set gives a member a value; nil takes it out.
func (m *jsonObject) set(name string, value json.RawMessage) {
	for i, x := range *m {
		if x.name != name {
			continue
		}
		if value == nil {
			*m = append((*m)[:i], (*m)[i+1:]...)
		} else {
			(*m)[i].value = value
		}
		return
	}
	if value != nil {
		*m = append(*m, member{name, value})
	}
}

// edit changes what lies at a path of objects. change gets the value there, nil for
// none, and returns the new one, nil for none; objects that become empty go too.
func (m *jsonObject) edit(path []string, change func(json.RawMessage) (json.RawMessage, error)) error {
	if len(path) == 1 {
		value, err := change(m.get(path[0]))
		if err != nil {
			return err
		}
		m.set(path[0], value)
		return nil
	}
	inner, err := parseObject(m.get(path[0]))
	if err != nil {
		return fmt.Errorf("%s: %w", path[0], err)
	}
	if err := inner.edit(path[1:], change); err != nil {
		return err
	}
	if len(inner) == 0 {
		m.set(path[0], nil)
		return nil
	}
	b, err := inner.MarshalJSON()
	m.set(path[0], b)
	return err
}

// editJSON changes what lies at a path in a settings file.
func editJSON(file string, path []string, change func(json.RawMessage) (json.RawMessage, error)) error {
	old, err := readSettings(file)
	if err != nil {
		return err
	}
	m, err := parseObject(old)
	if err != nil {
		return api.Errorf(api.Invalid, "%s: %v; it is left as it is", file, err).WithHint("add what --print shows by hand")
	}
	if err := m.edit(path, change); err != nil {
		return api.Errorf(api.Invalid, "%s: %v; it is left as it is", file, err)
	}
	flat, err := m.MarshalJSON()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, flat, "", "  "); err != nil {
		return err
	}
	b.WriteByte('\n')
	return writeSettings(file, b.Bytes())
}

func readSettings(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// writeSettings replaces a settings file, whole or not at all. A link, as people keep
// their settings, stays one.
func writeSettings(file string, b []byte) error {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		file = real
	}
	mode := fs.FileMode(0o600)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".ai-session-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err := errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), file)
}
