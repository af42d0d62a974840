// Package fix makes what findings offer into changes of files, and proves them before they are written: with the changes
// each of these findings must be gone, and none be new.
//
// In go a check's input and its result, out comes a Plan; nothing is written before Write.
package fix

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/practice"
)

// Plan is what would be written.
type Plan struct {
	Changes  []Change           // sorted by path
	Mended   []practice.Finding // those that are gone with the changes
	Declined []Declined         // those that a change was asked for and can't be made
	// After is what a check finds once the changes are made.
	After *check.Result
}

// Change is that of one file.
type Change struct {
	Path          string // as the person knows it
	Before, After []byte
}

// Declined is a finding that has to be mended by hand, and why.
type Declined struct {
	Finding practice.Finding
	Reason  string
}

// rounds of trying, each without what the one before has shown to be wrong: then whatever is left is declined.
const rounds = 6

// New plans the changes that the findings of a check offer. Its error is that of check.Run.
func New(ctx context.Context, in check.Input, before *check.Result, practices []*practice.Practice) (*Plan, error) {
	p := &planner{in: in, before: before, practices: practices, texts: map[string][]byte{}}
	p.gather()
	for range rounds {
		after, err := p.try(ctx)
		if err != nil {
			return nil, err
		}
		if p.settle(after) {
			return p.plan(after), nil
		}
	}
	for _, o := range p.offers {
		p.decline(o, "what it changes and what others change could not be told apart")
	}
	after, err := p.try(ctx)
	if err != nil {
		return nil, err
	}
	return p.plan(after), nil
}

type planner struct {
	in        check.Input
	before    *check.Result
	practices []*practice.Practice

	offers   []*offer
	declined []Declined
	texts    map[string][]byte // of the files as they are, by the path shown
	changed  map[string][]byte // with the changes of the round
	begin    map[string]int    // of Dockerfiles: the first line that the round has changed
}

// offer is one change that is asked for. Several findings may ask for it: a base is judged in each of its overlays.
type offer struct {
	findings   []practice.Finding
	edits      []practice.Edit
	isDeclined bool
	isBlamed   bool // for what the last try has shown
}

// gather collects the offers, each once.
func (p *planner) gather() {
	known := map[string]*offer{}
	for _, f := range p.before.Findings {
		switch {
		case f.Declined != "":
			p.declined = append(p.declined, Declined{f, f.Declined})
		case len(f.Edits) > 0:
			key := f.Practice + fmt.Sprint(f.Edits)
			if known[key] == nil {
				known[key] = &offer{edits: f.Edits}
				p.offers = append(p.offers, known[key])
			}
			known[key].findings = append(known[key].findings, f)
		}
	}
	// From the end of a file to its beginning, so that no edit moves the lines that a later one names.
	slices.SortStableFunc(p.offers, func(a, b *offer) int {
		x, y := a.edits[0], b.edits[0]
		return cmp.Or(cmp.Compare(x.In.Path, y.In.Path), -cmp.Compare(x.In.Line, y.In.Line), -cmp.Compare(x.First, y.First))
	})
}

// try makes all offers that are left, and checks what comes of it.
func (p *planner) try(ctx context.Context) (*check.Result, error) {
	p.changed, p.begin = map[string][]byte{}, map[string]int{}
	for _, o := range p.offers {
		o.isBlamed = false
		if !o.isDeclined {
			p.make(o)
		}
	}
	in := p.in
	in.Unsaved = maps.Clone(in.Unsaved)
	if in.Unsaved == nil {
		in.Unsaved = map[string][]byte{}
	}
	for path, text := range p.changed {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		in.Unsaved[absolute] = text
	}
	return check.Run(ctx, in, p.practices)
}

// make makes an offer's edits, all or none.
func (p *planner) make(o *offer) {
	byPath := map[string][]practice.Edit{}
	for _, e := range o.edits {
		path := e.In.Path
		if begin, changes := p.begin[path]; changes && e.Last >= begin {
			p.decline(o, "another change is made to the same lines: check again when it is")
			return
		}
		byPath[path] = append(byPath[path], e)
	}
	texts := map[string][]byte{}
	for path, edits := range byPath {
		text, err := splice(p.text(path), edits)
		if err != nil {
			p.decline(o, err.Error())
			return
		}
		texts[path] = text
	}
	maps.Copy(p.changed, texts)
	for _, e := range o.edits {
		if e.First > 0 {
			p.begin[e.In.Path] = min(e.First, cmp.Or(p.begin[e.In.Path], e.First))
		}
	}
}

func (p *planner) text(path string) []byte {
	if text, ok := p.changed[path]; ok {
		return text
	}
	if _, ok := p.texts[path]; !ok {
		p.texts[path] = p.before.Sources(path)
	}
	return p.texts[path]
}

func (p *planner) decline(o *offer, reason string) {
	if o.isDeclined {
		return
	}
	o.isDeclined = true
	for _, f := range o.findings {
		p.declined = append(p.declined, Declined{f, reason})
	}
}

// held is what a practice holds an object or a file to.
type held struct{ practice, scope, object, path string }

func holds(f *practice.Finding) held {
	if f.Object.Kind == "" {
		return held{practice: f.Practice, scope: f.Scope, path: f.Origin.Path}
	}
	return held{practice: f.Practice, scope: f.Scope, object: f.Object.String()} // without the group, which a change may move
}

// settle says whether the offers keep what they promise: of each practice there is less by what they mend, and nothing
// more anywhere. Those that don't are declined.
func (p *planner) settle(after *check.Result) bool {
	most := map[held]int{}
	for i := range p.before.Findings {
		most[holds(&p.before.Findings[i])]++
	}
	for _, o := range p.offers {
		if !o.isDeclined {
			for i := range o.findings {
				most[holds(&o.findings[i])]--
			}
		}
	}
	tooMany := map[held][]practice.Finding{}
	for i := range after.Findings {
		f := &after.Findings[i]
		h := holds(f)
		if most[h]--; most[h] < 0 {
			tooMany[h] = append(tooMany[h], *f)
		}
	}
	for _, h := range slices.SortedFunc(maps.Keys(tooMany), func(a, b held) int {
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.object, b.object), cmp.Compare(a.path, b.path), cmp.Compare(a.practice, b.practice))
	}) {
		p.blame(h, tooMany[h][0])
	}
	return len(tooMany) == 0
}

// blame declines the offers that may be at fault for a finding: those that were to mend it or, of one that is new, those
// that change its object, or else its scope.
func (p *planner) blame(h held, found practice.Finding) {
	blamed := p.declineAll("the change would not mend it", func(f *practice.Finding) bool { return holds(f) == h })
	reason := fmt.Sprintf("the change would bring another finding, of %s: %s", found.Practice, found.Message)
	if !blamed {
		blamed = p.declineAll(reason, func(f *practice.Finding) bool {
			of := holds(f)
			return of.scope == h.scope && of.object == h.object && of.path == h.path
		})
	}
	if !blamed {
		blamed = p.declineAll(reason, func(f *practice.Finding) bool { return f.Scope == found.Scope })
	}
	if !blamed {
		p.declineAll(reason, func(*practice.Finding) bool { return true })
	}
}

// declineAll says whether there was one to blame: it may be blamed for several findings.
func (p *planner) declineAll(reason string, isMeant func(*practice.Finding) bool) (blamed bool) {
	for _, o := range p.offers {
		for i := range o.findings {
			if (!o.isDeclined || o.isBlamed) && isMeant(&o.findings[i]) {
				p.decline(o, reason)
				o.isBlamed, blamed = true, true
			}
		}
	}
	return blamed
}

func (p *planner) plan(after *check.Result) *Plan {
	plan := &Plan{After: after, Declined: p.declined}
	for i := range after.Findings {
		after.Findings[i].Edits = nil // what is left was declined
	}
	for _, o := range p.offers {
		if !o.isDeclined {
			plan.Mended = append(plan.Mended, o.findings...)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(p.changed)) {
		if !bytes.Equal(p.texts[path], p.changed[path]) {
			plan.Changes = append(plan.Changes, Change{Path: path, Before: p.texts[path], After: p.changed[path]})
		}
	}
	plan.Mended = practice.Sort(plan.Mended)
	slices.SortStableFunc(plan.Declined, func(a, b Declined) int { return practice.Compare(a.Finding, b.Finding) })
	return plan
}
