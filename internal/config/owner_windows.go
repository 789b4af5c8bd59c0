package config

import (
	"io/fs"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/ai-session/ai-session/api"
)

// keepOthersOut refuses a folder of another user and closes one of ours: below the
// profile a folder inherits that, elsewhere everybody who has logged in may often write.
// What is made in it inherits it in turn, and so the socket can be opened by its user
// alone: everybody may pass a folder here, as far as its files let them.
//
// The system and its administrators keep their access, as root does elsewhere.
func keepOthersOut(dir string, _ fs.FileInfo) error {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	us := user.User.Sid
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return err
	}
	if !ours(owner, us) {
		return foreign(dir, owner.String())
	}
	// A list that is absent lets everybody in: it is an error of DACL here.
	if list, _, err := sd.DACL(); err == nil && list != nil && onlyOurs(list, us) {
		return nil
	}
	if err := closeTo(dir, us); err != nil {
		return api.Errorf(api.Denied, "folder %s cannot be closed to others: %v", dir, err).
			WithCause(err).WithHint("set AI_SESSION_HOME to a folder on NTFS")
	}
	return nil
}

// ours are the user and those above him. CREATOR OWNER and OWNER RIGHTS are whoever owns
// a thing, which has been looked at.
func ours(sid, us *windows.SID) bool {
	return sid.Equals(us) || sid.IsWellKnown(windows.WinLocalSystemSid) || sid.IsWellKnown(windows.WinBuiltinAdministratorsSid) ||
		sid.IsWellKnown(windows.WinCreatorOwnerSid) || sid.IsWellKnown(windows.WinCreatorOwnerRightsSid)
}

// onlyOurs says that a list lets nobody else in; of an entry it does not know it does not.
func onlyOurs(list *windows.ACL, us *windows.SID) bool {
	for i := range uint32(list.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if windows.GetAce(list, i, &ace) != nil {
			return false
		}
		switch ace.Header.AceType {
		case windows.ACCESS_DENIED_ACE_TYPE:
		case windows.ACCESS_ALLOWED_ACE_TYPE:
			if !ours((*windows.SID)(unsafe.Pointer(&ace.SidStart)), us) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// closeTo gives a folder a list of its own, which what is in it inherits.
func closeTo(dir string, us *windows.SID) error {
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;" + us.String() + ")")
	if err != nil {
		return err
	}
	list, _, err := sd.DACL()
	if err != nil {
		return err
	}
	const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	return windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, what, nil, nil, list, nil)
}
