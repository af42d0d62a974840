package guide

import (
	"strings"

	"github.com/fairlead-dev/fairlead/practice"
)

// Page is the stable JSON form of a practice (docs/cli.md, docs/page-api.md).
type Page struct {
	ID       string            `json:"id"`
	Title    string            `json:"title"`
	Category practice.Category `json:"category"`
	Severity practice.Severity `json:"severity"`
	Inputs   []string          `json:"inputs"`
	Leads    string            `json:"leads"`
	Fix      string            `json:"fix"`
	// Parameters are what a file of settings may set.
	Parameters []PageParameter `json:"parameters,omitempty"`
	Text       string          `json:"text,omitempty"`
	Examples   []PageExample   `json:"examples,omitempty"`
}

// PageParameter is one that may be set.
type PageParameter struct {
	Name    string `json:"name"`
	Default string `json:"default"` // as it would be written
	Kind    string `json:"kind"`
	About   string `json:"about"`
}

// PageExample is an Example.
type PageExample struct {
	Name     string             `json:"name"`
	Bad      bool               `json:"bad"`
	Live     bool               `json:"live,omitempty"` // judged as a cluster
	Files    []PageFile         `json:"files"`
	Findings []practice.Finding `json:"findings,omitempty"`
}

// PageFile is a file of an example.
type PageFile struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// Summary is a practice without its text and examples.
func Summary(p *practice.Practice) Page {
	out := Page{
		ID: p.ID, Title: p.Title, Category: p.Category, Severity: p.Severity, Inputs: strings.Split(p.Inputs.String(), ", "), Leads: p.Leads, Fix: p.Fix,
	}
	for _, one := range p.Parameters {
		out.Parameters = append(out.Parameters, PageParameter{one.Name, one.DefaultText(), one.Kind(), one.About})
	}
	return out
}

// Whole is all of a practice, with all examples.
func Whole(p *practice.Practice) Page {
	out := Summary(p)
	out.Text = Raw(p)
	for _, e := range Examples(p) {
		out.Examples = append(out.Examples, e.page())
	}
	return out
}

func (e *Example) page() PageExample {
	out := PageExample{Name: e.Name, Bad: e.IsBad, Live: e.IsLive, Findings: e.Findings}
	for _, f := range e.Files {
		out.Files = append(out.Files, PageFile{f.Path, strings.Join(f.Lines, "\n") + "\n"})
	}
	return out
}
