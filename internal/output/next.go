package output

func (p *page) nextSteps() []Next {
	if p.steps == nil {
		return []Next{}
	}
	return p.steps
}
