package output

import "strings"

// terraform reads plan, apply and validate of terraform and tofu. The values of new
// resources are shown while there are few; those that nobody knows yet are not.
var terraform = &reader{
	kind:  "terraform",
	tools: []string{"terraform", "tofu", "terragrunt"},
	signs: []string{"Terraform will perform *", "Plan: # to add, *", "{\"@level\":\"info\",\"@message\":\"Terraform #\"*"},
	read: func(p *page) {
		p.terraformJSON()
		p.terraformDocument()
		p.apply(terraformRules)
		p.terraformPlaces()
	},
}

var terraformRules = parseRules(`
	noise            *: Refreshing state...*
	noise            *: Reading...*
	noise            *: Read complete after *
	noise            *: Still creating... *
	noise            *: Still destroying... *
	noise            *: Still modifying... *
	noise            *: Creating...
	noise            *: Destroying...*
	noise            *: Modifying...*
	noise            - Finding *
	noise            - Installing *
	noise            - Using previously-installed *
	noise            - * is built in to *
	keep             - Installed *
	noise            Initializing *
	noise            Terraform used the selected providers *
	noise            plan. Resource actions are indicated with *
	noise            OpenTofu used the selected providers *
	noise            following symbols:
	noise            symbols:
	noise            ~+ create
	noise            ~- destroy
	noise            \~ update in-place
	noise            \ \ \~ update in-place
	noise            -/+ destroy and then create replacement
	noise            +/- create replacement and then destroy
	noise            ~<= read (data resources)
	noise            Note: You didn't use the -out option *
	noise            you run "terraform apply" now.
	noise            guarantee to take exactly these actions if you run *
	noise            ──────────*
	noise            You may now begin working with *
	noise            any changes that are required for your infrastructure. *
	noise            should now work.
	noise            If you ever set or change modules or backend *
	noise            rerun this command to reinitialize your working directory. *
	noise            commands will detect it and remind you to do so if necessary.
	vital            ~# * will be *
	vital            ~# * must be *
	vital            Plan: *
	vital            Apply complete! *
	vital            Destroy complete! *
	vital            No changes. *
	error:terraform  Error: *
	error:terraform  │ Error: *
	warn:terraform   │ Warning: *
	noise            ╷
	noise            ╵
	noise            │
	keep             \ \ + * = *
	keep             \ \ - * = *
	aside:values_known_after_apply ~+ * = (known after apply)
	aside:values_known_after_apply ~* -> (known after apply)
	retold           ~+ resource "*" "*" {
	retold           ~- resource "*" "*" {
	retold           ~\~ resource "*" "*" {
	brief:attributes ~+ *= *
	brief:attributes ~- *= *
	keep             ~\~ *
	noise            ~}
	noise            ~]
	noise            ~)
`)

// terraformPlaces gives the errors the places that are named below them.
func (p *page) terraformPlaces() {
	at := -1
	for _, line := range p.lines {
		line = strings.TrimLeft(strings.TrimPrefix(line, "│"), " ")
		if message, ok := strings.CutPrefix(line, "Error: "); ok {
			if at = p.findingOf(message, at+1); at >= 0 {
				p.findings[at].Message = message
			}
			continue
		}
		rest, ok := strings.CutPrefix(line, "on ")
		file, rest, found := strings.Cut(rest, " line ")
		if !ok || !found || at < 0 || p.findings[at].File != "" {
			continue
		}
		p.findings[at].File = file
		if p.findings[at].Line, _ = number(rest); p.findings[at].Line > 0 {
			p.openPlace(file, p.findings[at].Line)
		}
	}
}

// findingOf is the first finding from one on that ends with the message; -1 if there is
// none.
func (p *page) findingOf(message string, from int) int {
	for k := max(0, from); k < len(p.findings); k++ {
		if strings.HasSuffix(p.findings[k].Message, message) {
			return k
		}
	}
	return -1
}
