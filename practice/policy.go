package practice

import (
	"fmt"
	"path"
	"slices"

	"github.com/fairlead-dev/fairlead/manifest"
)

// Policy says by what is judged: which practices, how severe, with which parameters, and what is let be. It holds what
// one or several files say, the outermost first: what is said further in wins, unless a practice is locked further out.
// It never changes; nil is the catalogue as it is.
type Policy struct{ files []*policyFile }

// policyFile is what one file says.
type policyFile struct {
	dir        string       // that it is about, with all in it, and from which its paths count
	parts      []*part      // what it says of everything, then what it says for parts; later ones win
	exceptions []*exception // copied for each judgement, which counts what they let be
}

// part is what a file says of what meets its conditions.
type part struct {
	conditions
	begins     bool // with a profile: what was said further out is replaced
	severities map[string]severitySaid
	parameters map[parameterOf]valueSaid
	locks      map[string]manifest.Origin
}

// severitySaid is how severe a practice is to be; 0 switches it off.
type severitySaid struct {
	to, own Severity
	origin  manifest.Origin // zero if a profile says it
}

type parameterOf struct{ practice, name string }

// valueSaid is what a parameter is to be.
type valueSaid struct {
	value  any
	origin manifest.Origin // zero if a profile says it
}

// With is the policy, and then another one that is further in.
func (p *Policy) With(inner *Policy) *Policy {
	switch {
	case p == nil:
		return inner
	case inner == nil:
		return p
	}
	return &Policy{files: slices.Concat(p.files, inner.files)}
}

// In is the policy for what lies in a directory of a tree alone; its paths count from there. Before, it is about
// everything, and paths count from the top of the tree.
func (p *Policy) In(dir string) *Policy {
	bound := &Policy{}
	for _, f := range p.files {
		moved := *f
		moved.dir = path.Clean(dir)
		bound.files = append(bound.files, &moved)
	}
	return bound
}

// Allowing is a policy of exceptions alone, about everything: each the whole sentence, as at an origin.
func Allowing(origin manifest.Origin, sentences ...string) *Policy {
	f := &policyFile{dir: "."}
	for _, s := range sentences {
		f.exceptions = append(f.exceptions, newException(s, exception{rule: &conditions{}, origin: origin}))
	}
	return &Policy{files: []*policyFile{f}}
}

// covers says whether the file is about a subject.
func (f *policyFile) covers(s subject, sources []string) bool {
	if f.dir == "." {
		return true
	}
	isIn := func(name string) bool {
		_, ok := from(f.dir, name)
		return ok
	}
	return isIn(s.path) || slices.ContainsFunc(sources, isIn)
}

// MayJudge says whether a practice is switched on for anything that is made of sources: paths of directories and files.
func (p *Policy) MayJudge(id string, sources ...string) bool {
	isOn, isLocked := true, false
	if p == nil {
		return isOn
	}
	for _, f := range p.files {
		for _, part := range f.parts {
			// What is only about some of the scope may switch it on, but not off.
			isAboutAll := f.covers(subject{}, sources) && part.onlyPaths() && part.hold(f.dir, subject{}, sources)
			switch said, isSaid := part.severities[id]; {
			case isSaid && said.to > 0, !isSaid && part.begins:
				isOn = true
			case isSaid && isAboutAll && !isLocked:
				isOn = false
			}
		}
		for _, part := range f.parts {
			if _, ok := part.locks[id]; ok {
				isLocked = true
			}
		}
	}
	return isOn
}

// standing is what of a policy holds for one subject.
type standing struct {
	severities map[string]Severity
	parameters map[parameterOf]any
	locks      map[string]lock
	unheard    []unheard
}

// lock keeps what is said further in than a file from letting a practice's findings be.
type lock struct {
	file   int
	origin manifest.Origin
}

// unheard is what a lock keeps from holding.
type unheard struct {
	practice string
	at, by   manifest.Origin
}

// standings are what of a policy holds for the parts of a scope. Subjects of which the same is said share one.
type standings struct {
	policy  *Policy
	sources []string
	kept    map[string]*standing // by the parts that hold
}

func (all *standings) of(s subject) *standing {
	if all.policy == nil {
		return nil
	}
	var key []byte
	all.each(s, func(_ int, _ *part, holds bool) {
		if holds {
			key = append(key, '1')
		} else {
			key = append(key, '0')
		}
	})
	if all.kept[string(key)] == nil {
		st := &standing{severities: map[string]Severity{}, parameters: map[parameterOf]any{}, locks: map[string]lock{}}
		all.each(s, func(file int, p *part, holds bool) {
			if holds {
				st.take(file, p)
			}
		})
		all.kept[string(key)] = st
	}
	return all.kept[string(key)]
}

func (all *standings) each(s subject, do func(file int, p *part, holds bool)) {
	for i, f := range all.policy.files {
		isCovered := f.covers(s, all.sources)
		for _, p := range f.parts {
			do(i, p, isCovered && p.hold(f.dir, s, all.sources))
		}
	}
}

// take adds what a part says.
func (st *standing) take(file int, p *part) {
	isLocked := func(id string) bool {
		l, ok := st.locks[id]
		return ok && l.file < file
	}
	if p.begins {
		for id := range st.severities {
			if !isLocked(id) {
				delete(st.severities, id)
			}
		}
		for of := range st.parameters {
			if !isLocked(of.practice) {
				delete(st.parameters, of)
			}
		}
	}
	for _, id := range sortedKeys(p.severities) {
		said := p.severities[id]
		now, isSet := st.severities[id]
		if !isSet {
			now = said.own
		}
		switch {
		case !isLocked(id) || said.to > now:
			st.severities[id] = said.to
		case said.to < now && said.origin.Line > 0: // a profile that says less of it is no mistake
			st.unheard = append(st.unheard, unheard{id, said.origin, st.locks[id].origin})
		}
	}
	for of, said := range p.parameters {
		switch {
		case !isLocked(of.practice):
			st.parameters[of] = said.value
		case said.origin.Line > 0:
			st.unheard = append(st.unheard, unheard{of.practice, said.origin, st.locks[of.practice].origin})
		}
	}
	for id, origin := range p.locks {
		if _, ok := st.locks[id]; !ok {
			st.locks[id] = lock{file, origin}
		}
	}
}

func (st *standing) parameter(practice, name string) any {
	if st == nil {
		return nil
	}
	return st.parameters[parameterOf{practice, name}]
}

// severity of a finding that a practice tells as so severe: what is said takes the place of the practice's own. What it
// tells as milder stays milder, and nothing is more severe than what was turned down. 0 is switched off.
func (st *standing) severity(p *Practice, told Severity) Severity {
	if st == nil {
		return told
	}
	switch to, isSaid := st.severities[p.ID]; {
	case !isSaid:
	case to < p.Severity:
		return min(told, to)
	case told >= p.Severity:
		return max(told, to)
	}
	return told
}

// lockedFor says what locks a practice against what a file says; files count from the outermost.
func (st *standing) lockedFor(id string, file int) (lock, bool) {
	if st == nil {
		return lock{}, false
	}
	l, ok := st.locks[id]
	return l, ok && l.file < file
}

// settle finds what holds for each object and file.
func (v *view) settle() {
	if v.Policy == nil {
		return
	}
	all := standings{policy: v.Policy, sources: v.Sources, kept: map[string]*standing{}}
	for _, o := range v.objects {
		o.standing = all.of(subject{o, o.Origin.Path})
	}
	v.ofFile = map[string]*standing{}
	for _, f := range v.Dockerfiles {
		v.ofFile[f.Path] = all.of(subject{path: f.Path})
	}
	if v.Chart != nil {
		v.ofChart = all.of(subject{path: path.Join(v.Chart.Path, "Chart.yaml")})
	}
	for _, key := range sortedKeys(all.kept) {
		v.unheard = append(v.unheard, all.kept[key].unheard...)
	}
}

// standingAt is what holds for a place.
func (v *view) standingAt(at Place) *standing {
	switch {
	case at.object != nil:
		return at.object.standing
	case at.file != nil:
		return v.ofFile[at.file.Path]
	}
	return v.ofChart
}

// standingOf is what holds for what a finding is about.
func (v *view) standingOf(f *Finding) *standing {
	if o := v.byID[f.Object]; o != nil {
		return o.standing
	}
	if st := v.ofFile[f.Origin.Path]; st != nil {
		return st
	}
	return v.ofChart
}

// tellUnheard says what locks keep from holding.
func (v *view) tellUnheard() []Finding {
	var said []Finding
	for _, u := range v.unheard {
		said = append(said, Finding{
			Practice: Exceptions.ID, Severity: Exceptions.Severity, Scope: v.Name, Origin: u.at,
			Message: fmt.Sprintf("%s is locked by %s: what is said of it here doesn't count", u.practice, u.by),
			Leads:   "what is found counts as it would without this line", Fix: askWhoLocks(u.by),
		})
	}
	return said
}

func askWhoLocks(by manifest.Origin) string {
	return "remove it, or ask whoever keeps " + by.Path + " for an exception there"
}
