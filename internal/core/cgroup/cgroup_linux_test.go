package cgroup

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain is also the program that a test starts in a group, to leave it.
func TestMain(m *testing.M) {
	if os.Getenv("CGROUP_TEST_LEAVES") != "" {
		fmt.Println(of("self"))
		Leave()
		fmt.Println(of("self"))
		return
	}
	os.Exit(m.Run())
}

// group makes one, or skips.
func group(t *testing.T, name string) (*os.File, string) {
	t.Helper()
	name += fmt.Sprint("-test-", os.Getpid())
	f, dir := Make(name)
	if f == nil {
		t.Skip("no cgroup v2 that we may make groups in")
	}
	t.Cleanup(func() {
		f.Close()
		Remove(dir)
	})
	return f, name
}

func in(f *os.File, c *exec.Cmd) *exec.Cmd {
	c.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(f.Fd())}
	return c
}

func TestAGroupNamesItsMembersAndEndsThem(t *testing.T) {
	f, name := group(t, "members")
	c := in(f, exec.Command("sleep", "1000"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dir := Find(c.Process.Pid, name)
	if dir == "" || !slices.Equal(Members(dir), []int{c.Process.Pid}) {
		t.Errorf("in %q are %v, want %d", dir, Members(dir), c.Process.Pid)
	}
	if got := Find(c.Process.Pid, name+"x"); got != "" {
		t.Errorf("found %q under another name", got)
	}
	if Remove(dir) {
		t.Error("removed with somebody in it")
	}
	Kill(dir)
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("ended with %v", err)
	}
	if left := Members(dir); len(left) > 0 || !Remove(dir) {
		t.Errorf("%v are left, or it stays", left)
	}
}

func TestAGroupThatCannotBeMadeIsNone(t *testing.T) {
	for _, name := range []string{"", "a/b"} {
		if f, dir := Make(name); f != nil || dir != "" {
			t.Errorf("made %q", dir)
		}
	}
	Kill("")
	if Members("") != nil || Remove("") || Find(os.Getpid(), "") != "" {
		t.Error("no group has members")
	}
}

func TestWhoLeavesIsInNoTerminalsGroup(t *testing.T) {
	f, name := group(t, "leave")
	c := in(f, exec.Command(os.Args[0]))
	c.Env = append(os.Environ(), "CGROUP_TEST_LEAVES=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(out))
	}
	was, is, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if !strings.HasSuffix(was, "/"+prefix+name) || is == "" || strings.Contains(is, prefix) {
		t.Errorf("was in %q, is in %q", was, is)
	}
}

func TestSweepRemovesOldGroupsThatNobodyIsIn(t *testing.T) {
	empty, _ := group(t, "empty")
	full, name := group(t, "full")
	c := in(full, exec.Command("sleep", "1000"))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	dir := Find(c.Process.Pid, name)
	Sweep(time.Now())
	if _, err := os.Stat(empty.Name()); err != nil {
		t.Errorf("a group that may be about to be used: %v", err)
	}
	Sweep(time.Now().Add(2 * young))
	if _, err := os.Stat(empty.Name()); !os.IsNotExist(err) {
		t.Errorf("the empty group: %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
	Kill(dir)
	c.Wait()
}
