package config

import (
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/ai-session/ai-session/api"
)

func TestFoldersAreInTheUsersProfile(t *testing.T) {
	const local = `C:\Users\me\AppData\Local`
	p, err := Find(env("LocalAppData", local))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{p.Data, p.Runtime, p.Scratch, p.Socket} {
		if !strings.HasPrefix(dir, local) {
			t.Errorf("%s is not below %s", dir, local)
		}
	}
}

func TestPrivateFoldersAreClosedByTheirAccessList(t *testing.T) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	if !keepsLists(t, user.User.Sid) {
		t.Skip("this system does not keep the access lists that folders are given")
	}
	dir := folder(t, "D:(A;OICI;FA;;;WD)")
	if !lets(t, dir, "WD") {
		t.Fatalf("%s is closed before the test", dir)
	}
	for range 2 {
		if err := Private(dir); err != nil {
			t.Fatal(err)
		}
		if lets(t, dir, "WD") {
			t.Error("everybody is let in")
		}
	}
}

// keepsLists says that a folder that was open is not when its list has been replaced.
func keepsLists(t *testing.T, me *windows.SID) bool {
	t.Helper()
	dir := folder(t, "D:(A;OICI;FA;;;WD)")
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;" + me.String() + ")")
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	if err := windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, nil, nil, list, nil); err != nil {
		t.Fatal(err)
	}
	return !lets(t, dir, "WD")
}

// folder makes one with an access list.
func folder(t *testing.T, sddl string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "folder")
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		t.Fatal(err)
	}
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		t.Fatal(err)
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	if err := windows.CreateDirectory(path, &attributes); err != nil {
		t.Fatal(err)
	}
	return dir
}

// lets says whether a folder's access list has an entry for a group by its short name.
func lets(t *testing.T, dir, group string) bool {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(sd.String(), ";;;"+group+")")
}

func TestAnAccessListThatLetsOthersInIsKnown(t *testing.T) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	me := user.User.Sid
	for _, c := range []struct {
		sddl string
		want bool
	}{
		{"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + me.String() + ")", true},
		{"D:(A;ID;FA;;;" + me.String() + ")(A;OICIIOID;GA;;;CO)", true},
		{"D:(D;;FA;;;WD)(A;;FA;;;" + me.String() + ")", true},
		{"D:(A;;FA;;;" + me.String() + ")(A;;FR;;;BU)", false},
		{"D:(A;OICIID;0x1301bf;;;AU)", false},
	} {
		sd, err := windows.SecurityDescriptorFromString(c.sddl)
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := sd.DACL()
		if err != nil {
			t.Fatal(err)
		}
		if got := onlyOurs(list, me); got != c.want {
			t.Errorf("%s: %v", c.sddl, got)
		}
	}
}

func TestAFolderOfAnotherUserIsRefused(t *testing.T) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	other, err := windows.StringToSid("S-1-5-21-1-2-3-1001")
	if err != nil {
		t.Fatal(err)
	}
	if ours(other, user.User.Sid) || !ours(user.User.Sid, user.User.Sid) {
		t.Error("who is who is not known")
	}
	if err := foreign("x", other.String()); api.CodeOf(err) != api.Denied {
		t.Errorf("%v", err)
	}
}
