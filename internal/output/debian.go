package output

// debian reads the building of Debian packages: what debhelper runs, one step a line.
var debian = &reader{
	kind:  "debian",
	tools: []string{"dpkg-buildpackage", "debuild", "gbp buildpackage", "sbuild"},
	signs: []string{"dpkg-buildpackage: info: *"},
	rules: parseRules(`
		error:build        dh_*: error: *
		error:build        dpkg-buildpackage: error: *
		error:build        dpkg-*: error: *
		error:missing      dpkg-checkbuilddeps: error: *
		warn:build         dpkg-*: warning: *
		warn:build         dh_*: warning: *
		vital              dpkg-deb: building package *
		noise              dpkg-buildpackage: info: host architecture *
		noise              dpkg-buildpackage: info: source distribution *
		noise              dpkg-buildpackage: info: source changed by *
		aside:build_steps  \ \ \ dh_*
		aside:build_steps  \ \ \ create-stamp debian/*
		aside:build_steps  \ debian/rules *
		aside:build_steps  dh *
		aside:build_steps  \ dpkg-source --*
		aside:build_steps  \ dpkg-genbuildinfo --*
		aside:build_steps  \ dpkg-genchanges --*
		aside:build_steps  \ fakeroot debian/rules *
	`),
}
