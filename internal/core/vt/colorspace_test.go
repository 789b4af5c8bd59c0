package vt

import "testing"

// The values are what xterm answers with Xlib's default screen.
func TestColorSpaces(t *testing.T) {
	for _, c := range []struct {
		spec string
		want uint32
	}{
		{"rgbi:1/1/1", 0xffffff},
		{"rgbi:0.5/0.5/0.5", 0xc1bbbb},
		{"RGBI:0/5e-1/1", 0x00bbff},
		{"CIEXYZ:1/1/1", 0xffffff},
		{"CIEXYZ:0.5/0.5/0.5", 0xddb5a0},
		{"CIEuvY:1/1/1", 0xffffff},
		{"CIEuvY:0.5/0.5/0.5", 0xffa3ae},
		{"CIExyY:1/1/1", 0xffffff},
		{"CIExyY:0.5/0.5/0.5", 0xf7b30e},
		{"CIELab:1/1/1", 0x6c6767},
		{"cielab:0.5/0.5/0.5", 0x524f4f},
		{"CIELab:50/1/1", 0xef1352},
		{"CIELab:80/0.5/-0.5", 0xdcb4ff},
		{"CIEXYZ:0.2/0.3/0.4", 0x32a894},
		{"CIELuv:60/1/2", 0xc28f0e},
		{"CIELuv:1/1/1", 0x16140e},
		{"CIELuv:0.5/0.5/0.5", 0x0e130e},
		{"TekHVC:1/1/1", 0x1a130f},
		{"TekHVC:0.5/0.5/0.5", 0x11130e},
	} {
		got, ok := parseColor(c.spec)
		if !ok || got != c.want {
			t.Errorf("%s is %06x %v, want %06x", c.spec, got, ok, c.want)
		}
	}
}

func TestColorSpacesRefuseWhatIsNoColor(t *testing.T) {
	for _, spec := range []string{
		"rgbi:", "rgbi:1/1", "rgbi:1/1/1/1", "rgbi:2/0/0", "rgbi:-1/0/0", "rgbi:nan/0/0", "rgbi:inf/0/0",
		"CIEXYZ:0/0/0", "CIEXYZ:1/2/1", "CIEuvY:0.2/0.4/-1", "CIELuv:0/1/1", "TekHVC:1/0/1", "TekHVC:1/50/-1",
		"CIEXYZ:1e300/1/1", "CIEabc:1/1/1", "1/1/1", "/", "",
	} {
		if c, ok := parseColor(spec); ok {
			t.Errorf("%q is %06x", spec, c)
		}
	}
}
