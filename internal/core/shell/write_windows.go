package shell

import (
	"errors"
	"os"
)

// writeFile makes a file with this content, for its owner alone.
func writeFile(path string, content []byte) error { return os.WriteFile(path, content, 0o600) }

// overwrite writes over the beginning of a file.
func overwrite(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// makePipe cannot: there are no named pipes among files here.
func makePipe(string) error { return errors.ErrUnsupported }
