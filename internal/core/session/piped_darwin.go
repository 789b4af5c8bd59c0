package session

// widen does nothing: pipes grow by themselves here.
func widen(int) {}
