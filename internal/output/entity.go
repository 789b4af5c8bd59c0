package output

// Entity is something that an output names: a path, an address, a port, a process.
type Entity struct {
	Kind string `json:"kind"` // path, url, port, pid, version
	Text string `json:"text"`
}

func (p *page) entities() []Entity { return []Entity{} }
