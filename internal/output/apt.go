package output

// apt reads installs of Debian packages, with dpkg's part in them; dnf, apk, pacman
// and brew speak much like it.
var apt = &reader{
	kind:  "apt",
	tools: []string{"apt", "apt-get", "aptitude", "dpkg", "dnf", "yum", "apk", "pacman", "brew", "zypper"},
	signs: []string{"Reading package lists...*", "Setting up * ...", "Unpacking * ..."},
	read: func(p *page) {
		p.apply(aptRules)
		for _, f := range p.findings {
			switch {
			case f.Kind == "missing":
				p.next("apt-get update", "the package may be in a list that was not fetched yet")
			case f.Kind == "busy":
				p.next("fuser -v /var/lib/dpkg/lock-frontend", "names the process that holds the lock")
			}
		}
	},
}

var aptRules = parseRules(`
	noise            Reading package lists...*
	noise            Building dependency tree...*
	noise            Reading state information...*
	noise            Reading changelogs...*
	noise            After this operation, *
	noise            Do you want to continue? [Y/n] *
	noise            Need to get *
	noise            Selecting previously unselected package *
	noise            (Reading database ...*
	noise            Preparing to unpack *
	noise            Unpacking * ...
	noise            Unpacking *
	noise            Processing triggers for *
	noise            Extracting templates from packages: *
	noise            Preconfiguring packages ...*
	noise            debconf: *
	noise            update-alternatives: *
	noise            Created symlink *
	noise            Adding debian:*
	noise            Get:# *
	noise            Hit:# *
	noise            Ign:# *
	keep             Fetched # *
	brief:packages_set_up Setting up * ...
	keep             Removing * ...
	keep             Purging configuration files for *
	aside:ignored_files  N: Ignoring file *
	aside:notices    N: *
	aside:notices    WARNING: apt does not have a stable CLI interface*
	vital            # upgraded, # newly installed,*
	error:missing    E: Unable to locate package *
	error:missing    E: Package '*' has no installation candidate
	error:missing    E: Couldn't find any package *
	error:busy       E: Could not get lock *
	error:refused    E: *
	error:refused    Err:# *
	warn:refused     W: *
	error:refused    dpkg: error *
	keep             The following *
	keep             dpkg: warning*
	noise            (#/#) *
	noise            fetch http*
	keep             OK: # MiB in # packages
`)
