package vt

// rectangle executes the rectangular area operations (VT420, DEC STD 070).
func (t *Terminal) rectangle(k uint32) {}
