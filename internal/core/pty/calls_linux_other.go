//go:build linux && !amd64

package pty

// oldCall knows none: newer machines have only the p-variants.
func oldCall(int) callKind { return callOther }
