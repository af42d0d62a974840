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

// runs of planning at most: what is to be changed on the same lines, or comes to light by a change, is mended one after the other.
const runs = 8

// rounds of trying, each without what the one before has shown to be wrong: then whatever is left is declined.
const rounds = 6

// New plans the changes that the findings of a check offer, and those that what is then found offers, until there are no more.
// Its error is that of check.Run.
func New(ctx context.Context, in check.Input, before *check.Result, practices []*practice.Practice) (*Plan, error) {
	whole, texts, changed := &Plan{After: before}, map[string][]byte{}, map[string][]byte{}
	for range runs {
		p := &planner{in: in, before: whole.After, practices: practices, texts: map[string][]byte{}}
		after, err := p.run(ctx)
		if err != nil {
			return nil, err
		}
		whole.After, whole.Declined = after, p.declined
		mended := len(whole.Mended)
		for _, o := range p.offers {
			if !o.isDeclined {
				whole.Mended = append(whole.Mended, o.findings...)
			}
		}
		if len(whole.Mended) == mended {
			break
		}
		maps.Copy(p.texts, texts) // as they were before any change
		texts = p.texts
		maps.Copy(changed, p.changed)
		if in.Unsaved, err = p.unsaved(); err != nil {
			return nil, err
		}
	}
	whole.finish(texts, changed)
	return whole, nil
}

// finish sorts what is in a plan and makes the changes out of the texts of the files.
func (p *Plan) finish(texts, changed map[string][]byte) {
	after := *p.After
	after.Findings = slices.Clone(after.Findings)
	for i := range after.Findings {
		after.Findings[i].Edits = nil // what is left was declined
	}
	p.After = &after
	for _, path := range slices.Sorted(maps.Keys(changed)) {
		if !bytes.Equal(texts[path], changed[path]) {
			p.Changes = append(p.Changes, Change{Path: path, Before: texts[path], After: changed[path]})
		}
	}
	p.Mended = practice.Sort(p.Mended)
	slices.SortStableFunc(p.Declined, func(a, b Declined) int { return practice.Compare(a.Finding, b.Finding) })
}

// run finds the offers that can be made together, and returns what a check finds once they are.
func (p *planner) run(ctx context.Context) (*check.Result, error) {
	p.gather()
	if len(p.offers) == 0 {
		return p.before, ctx.Err()
	}
	for range rounds {
		after, err := p.try(ctx)
		if err != nil || p.settle(after) {
			return after, err
		}
	}
	for _, o := range p.offers {
		p.decline(o, "what it changes and what others change could not be told apart")
	}
	return p.try(ctx)
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
	unsaved, err := p.unsaved()
	if err != nil {
		return nil, err
	}
	in := p.in
	in.Unsaved = unsaved
	return check.Run(ctx, in, p.practices)
}

// unsaved are the texts that a check with the changes reads in place of those on disk.
func (p *planner) unsaved() (map[string][]byte, error) {
	all := map[string][]byte{}
	maps.Copy(all, p.in.Unsaved)
	for path, text := range p.changed {
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		all[absolute] = text
	}
	return all, nil
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
