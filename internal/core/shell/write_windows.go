package shell

import "os"

// writeFile makes a file with this content, for its owner alone.
func writeFile(path string, content []byte) error { return os.WriteFile(path, content, 0o600) }
