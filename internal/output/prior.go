package output

// Prior is what an earlier run of the same command said.
type Prior struct {
	Ref    string // what opens it
	Digest *Digest
}

// Digest is what a report keeps of an output for the comparison with a later run.
type Digest struct {
}

func unchanged(Input, *sheet) (Report, bool) { return Report{}, false }

func (p *page) compare() {}

func (p *page) digest() *Digest { return nil }
