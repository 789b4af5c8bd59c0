package config

import (
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/ai-session/ai-session/api"
)

// Paths says where this user's daemon keeps what.
type Paths struct {
	Config  string // folder of config.toml
	Data    string // journals; survives a reboot
	Runtime string // socket; gone after a reboot
	Scratch string // the files of running commands, on memory where there is any
	Socket  string
}

// maxSocket is below the shortest limit on a unix socket's path (104 on macOS and
// the BSDs, 108 on Linux and Windows, all with the final NUL).
const maxSocket = 100

// Find works out the folders; it creates nothing. AI_SESSION_HOME puts everything
// below one folder, which is how tests and demos keep to themselves.
func Find(getenv func(string) string) (Paths, error) {
	var p Paths
	if home := getenv("AI_SESSION_HOME"); home != "" {
		abs, err := filepath.Abs(home)
		if err != nil {
			return p, err
		}
		p = Paths{Config: abs, Data: filepath.Join(abs, "data"), Runtime: filepath.Join(abs, "run")}
	} else {
		config, err := os.UserConfigDir()
		if err != nil {
			return p, api.Errorf(api.Invalid, "no configuration folder: %v", err).WithHint("set AI_SESSION_HOME")
		}
		p.Config = filepath.Join(config, "ai-session")
		p.Data = dataDir(getenv, p.Config)
		p.Runtime = runtimeDir(runtime.GOOS, getenv, p.Data)
	}
	p.Scratch = scratchDir(getenv, p)
	p.Socket = filepath.Join(p.Runtime, "daemon.sock")
	if len(p.Socket) > maxSocket {
		p.Runtime = filepath.Join(userTemp(os.TempDir()), shortHash(p.Runtime))
		p.Socket = filepath.Join(p.Runtime, "daemon.sock")
	}
	return p, nil
}

func dataDir(getenv func(string) string, config string) string {
	if dir := getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "ai-session")
	}
	if home := getenv("HOME"); home != "" && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		return filepath.Join(home, ".local", "share", "ai-session")
	}
	if dir := getenv("LocalAppData"); dir != "" {
		return filepath.Join(dir, "ai-session")
	}
	return filepath.Join(config, "data")
}

// runtimeDir is where the socket is. macOS and Windows have a folder for temporary files
// alone, and tidy it while a daemon runs: there the socket is with the data.
func runtimeDir(system string, getenv func(string) string, data string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "ai-session")
	}
	if system == "darwin" || system == "windows" {
		return filepath.Join(data, "run")
	}
	if dir := filepath.Join("/run/user", strconv.Itoa(os.Getuid())); isDir(dir) {
		return filepath.Join(dir, "ai-session")
	}
	return userTemp(os.TempDir())
}

// scratchDir prefers memory: a command's text is written there before each exec.
// It is a folder of its own for each data folder, so that daemons do not meet.
func scratchDir(getenv func(string) string, p Paths) string {
	name := shortHash(p.Data)
	if runtime.GOOS == "windows" {
		return filepath.Join(p.Data, "scratch") // no folder is in memory there
	}
	if dir := getenv("XDG_RUNTIME_DIR"); dir != "" && isDir(dir) {
		return filepath.Join(dir, "ai-session-"+name)
	}
	if dir := filepath.Join("/run/user", strconv.Itoa(os.Getuid())); isDir(dir) {
		return filepath.Join(dir, "ai-session-"+name)
	}
	if isDir("/dev/shm") {
		return filepath.Join(userTemp("/dev/shm"), name)
	}
	return filepath.Join(p.Data, "scratch")
}

func userTemp(base string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(base, "ai-session") // which is the user's own there
	}
	return filepath.Join(base, "ai-session-"+strconv.Itoa(os.Getuid()))
}

func shortHash(s string) string {
	h := fnv.New64a() // a name, not a secret; crypto/sha256 would cost the client start-up time
	h.Write([]byte(s))
	return strconv.FormatUint(h.Sum64(), 36)[:7]
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Make creates the folders a daemon writes to and makes sure that nobody else can
// reach them.
func (p Paths) Make() error {
	for _, dir := range []string{p.Data, p.Runtime, p.Scratch} {
		if err := Private(dir); err != nil {
			return err
		}
	}
	return nil
}

// Private creates dir 0700 where it is missing, refuses one that is a link or another
// user's, and closes one that is open to others.
func Private(dir string) error {
	if parent := filepath.Dir(dir); filepath.Base(parent) == filepath.Base(userTemp("")) {
		// A folder below a world-writable one: its parent is ours or a trap.
		if err := Private(parent); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return api.Errorf(api.CannotStart, "folder %s: %v", dir, err).WithCause(err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return api.Errorf(api.CannotStart, "%s is not a folder", dir)
	}
	return keepOthersOut(dir, info)
}

func foreign(dir, owner string) error {
	return api.Errorf(api.Denied, "folder %s belongs to %s", dir, owner).WithHint("set AI_SESSION_HOME to a folder of your own")
}
