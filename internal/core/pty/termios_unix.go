//go:build unix

package pty

import "golang.org/x/sys/unix"

// rawTermios is the kernel's own record; nil in one that nobody asked it for.
type rawTermios = *unix.Termios

// Termios are the terminal's modes now. They may be asked of the master, also
// while another session's process holds the terminal.
func (p *PTY) Termios() (t Termios, err error) {
	err = p.control("modes", func(fd int) error {
		raw, err := unix.IoctlGetTermios(fd, getTermios)
		if err == nil {
			t = termiosOf(raw)
		}
		return err
	})
	return t, err
}

func termiosOf(raw *unix.Termios) Termios {
	return Termios{
		Icanon: raw.Lflag&unix.ICANON != 0, Echo: raw.Lflag&unix.ECHO != 0,
		Isig: raw.Lflag&unix.ISIG != 0, Iexten: raw.Lflag&unix.IEXTEN != 0,
		Ixon: raw.Iflag&unix.IXON != 0, Icrnl: raw.Iflag&unix.ICRNL != 0,
		Opost: raw.Oflag&unix.OPOST != 0, raw: raw,
	}
}

// SetTermios sets the named modes. On one that Termios returned the rest is put
// back as it was then; otherwise the rest stays.
func (p *PTY) SetTermios(t Termios) error {
	return p.control("set modes", func(fd int) error {
		raw := unix.Termios{}
		if t.raw != nil {
			raw = *t.raw
		} else if now, err := unix.IoctlGetTermios(fd, getTermios); err != nil {
			return err
		} else {
			raw = *now
		}
		for _, f := range []struct {
			word *flagWord
			bit  flagWord
			on   bool
		}{
			{&raw.Lflag, unix.ICANON, t.Icanon}, {&raw.Lflag, unix.ECHO, t.Echo},
			{&raw.Lflag, unix.ISIG, t.Isig}, {&raw.Lflag, unix.IEXTEN, t.Iexten},
			{&raw.Iflag, unix.IXON, t.Ixon}, {&raw.Iflag, unix.ICRNL, t.Icrnl},
			{&raw.Oflag, unix.OPOST, t.Opost},
		} {
			if *f.word &^= f.bit; f.on {
				*f.word |= f.bit
			}
		}
		return unix.IoctlSetTermios(fd, setTermios, &raw)
	})
}

// Sane puts a terminal right that a program left raw: lines, echo, signals,
// CR and NL as shells expect them. Special characters keep their keys; only
// those that raw mode uses for counts are set again.
func (p *PTY) Sane() error {
	return p.control("sane modes", func(fd int) error {
		raw, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		raw.Iflag &^= unix.IGNBRK | unix.INLCR | unix.IGNCR | unix.ISTRIP | unix.INPCK | unix.PARMRK
		raw.Iflag |= unix.BRKINT | unix.ICRNL | unix.IMAXBEL | unix.IXON
		raw.Oflag |= unix.OPOST | unix.ONLCR
		raw.Lflag &^= unix.NOFLSH | unix.TOSTOP | unix.ECHONL
		raw.Lflag |= unix.ISIG | unix.ICANON | unix.IEXTEN | unix.ECHO | unix.ECHOE | unix.ECHOK | unix.ECHOCTL | unix.ECHOKE
		raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD
		raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
		if unix.VMIN == unix.VEOF {
			raw.Cc[unix.VEOF] = 4
		}
		return unix.IoctlSetTermios(fd, setTermios, raw)
	})
}
