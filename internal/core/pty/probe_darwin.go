package pty

// Probe knows the modes and the foreground group here; who reads or polls the
// terminal cannot be seen.
func (p *PTY) Probe() (Probe, error) {
	t, err := p.Termios()
	if err != nil {
		return Probe{}, err
	}
	group, err := p.Foreground()
	return Probe{Termios: t, Foreground: group, Members: []Member{}, MembersUnknown: true}, err
}
