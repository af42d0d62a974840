package practice

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice/dockerfile"
)

// AllowAnnotation holds exceptions for an object, a sentence a line.
const AllowAnnotation = "fairlead.dev/allow"

// Exceptions is the practice that exceptions themselves are held to.
var Exceptions = &Practice{
	ID:       "exceptions",
	Title:    "Exceptions name a practice and a reason, and are still needed",
	Category: Deployments,
	Severity: Warning,
	Inputs:   Dockerfiles | Manifests | Cluster,
	Leads:    "what it is meant for counts as before",
	Fix:      sentence,
	Run:      func(*Pass) {}, // they are judged when all findings are there
}

// Allowed is the exception that lets a finding be.
type Allowed struct {
	Reason string          `json:"reason"`
	Until  string          `json:"until,omitempty"` // the last day: "2027-01-31"
	Origin manifest.Origin `json:"origin,omitzero"` // of the exception
	// Others are the origins of exceptions that let it be, too.
	Others []manifest.Origin `json:"-"`
}

// Because is the reason, with the last day.
func (a *Allowed) Because() string {
	if a.Until == "" {
		return a.Reason
	}
	return a.Reason + " (until " + a.Until + ")"
}

// exception is one that stands in the scope.
type exception struct {
	Exception
	err    error
	origin manifest.Origin
	place  []step

	rule     *conditions // of one of a policy; nil of those in the scope
	in       *policyFile // that it is in, or nil
	file     int         // its place in the policy: what is locked further out it doesn't let be
	locked   string      // a practice that it may not let be, and what locks it
	lockedBy manifest.Origin

	object *Object           // that it stands at, or nil
	remark *manifest.Remark  // by which it is about a part of the object, or nil
	lines  dockerfile.Remark // that it is about, of a Dockerfile
	all    *view             // that it is about as a whole, or nil

	lets, late int // findings that it lets be, and that it would if it had not ended
}

// allow marks the findings that an exception lets be, and returns what is to be said of the exceptions.
func (v *view) allow(findings []Finding, judged []*Practice) []Finding {
	ofObject, ofFile := v.exceptions()
	ofPolicy, byPractice := v.ofPolicy()
	stated := v.stated()
	if len(ofObject)+len(ofFile)+len(ofPolicy)+len(stated) == 0 {
		return nil
	}
	today := cmp.Or(v.Now, time.Now()).Truncate(24 * time.Hour)
	for i := range findings {
		f := &findings[i]
		about := v.subjectOf(f)
		for _, e := range byPractice[f.Practice] {
			isAbout := e.in.covers(about, v.Sources) && e.rule.hold(e.in.dir, about, v.Sources)
			if isAbout && isAt(e.place, about.object, manifest.FieldPath(f.Field)) {
				v.let(f, e, today)
			}
		}
		for _, e := range slices.Concat(ofObject[f.Object], ofFile[f.Origin.Path], stated) {
			if e.err == nil && slices.Contains(e.Practices, f.Practice) && e.covers(f) {
				v.let(f, e, today)
			}
		}
	}
	var said []Finding
	for _, e := range slices.Concat(ofPolicy, slices.Concat(slices.Collect(maps.Values(ofObject))...), slices.Concat(slices.Collect(maps.Values(ofFile))...), stated) {
		said = append(said, v.judge(e, judged)...)
	}
	return said
}

// let lets a finding be, unless the exception has ended or may not.
func (v *view) let(f *Finding, e *exception, today time.Time) {
	if l, isLocked := v.standingOf(f).lockedFor(f.Practice, e.file); isLocked {
		e.locked, e.lockedBy = f.Practice, l.origin
		return
	}
	if !e.Until.IsZero() && today.After(e.Until) {
		e.late++
		return
	}
	e.lets++
	var others []manifest.Origin
	if f.Allowed != nil {
		others = slices.Concat(f.Allowed.Others, []manifest.Origin{f.Allowed.Origin})
	}
	f.Allowed = &Allowed{Reason: e.Reason, Origin: e.origin, Others: others}
	if !e.Until.IsZero() {
		f.Allowed.Until = e.Until.Format(time.DateOnly)
	}
}

// ofPolicy are the exceptions of the policy's files: all, and those that are well-formed by practice.
func (v *view) ofPolicy() (all []*exception, byPractice map[string][]*exception) {
	if v.Policy == nil {
		return nil, nil
	}
	byPractice = map[string][]*exception{}
	for i, f := range v.Policy.files {
		for _, kept := range f.exceptions {
			e := *kept
			e.file, e.in = i, f
			all = append(all, &e)
			for _, id := range e.Practices {
				if e.err == nil {
					byPractice[id] = append(byPractice[id], &e)
				}
			}
		}
	}
	return all, byPractice
}

// exceptions that stand in comments and annotations, by what they stand at.
func (v *view) exceptions() (ofObject map[manifest.ID][]*exception, ofFile map[string][]*exception) {
	ofObject, ofFile = map[manifest.ID][]*exception{}, map[string][]*exception{}
	for _, o := range v.objects {
		for _, remark := range o.Remarks() {
			ofObject[o.id] = append(ofObject[o.id], newException(remark.Text, exception{file: inside, object: o, remark: &remark, origin: remark.Origin}))
		}
		if text := o.Text("metadata", "annotations", AllowAnnotation); text != "" {
			origin := o.Locate("metadata", "annotations", AllowAnnotation)
			for line := range strings.Lines(text) {
				if line = strings.TrimSpace(line); line != "" {
					ofObject[o.id] = append(ofObject[o.id], newException(line, exception{file: inside, object: o, origin: origin}))
				}
			}
		}
	}
	for _, f := range v.Dockerfiles {
		for _, remark := range f.Remarks {
			origin := manifest.Origin{Path: f.Path, Line: remark.Line, Column: 1}
			ofFile[f.Path] = append(ofFile[f.Path], newException(remark.Text, exception{file: inside, lines: remark, origin: origin}))
		}
	}
	return ofObject, ofFile
}

// inside is further in than all files: where comments and annotations are.
const inside = math.MaxInt

func newException(text string, e exception) *exception {
	e.Exception, e.err = ParseException(text)
	if e.err == nil {
		e.place, e.err = parsePlace(e.At)
	}
	return &e
}

// covers says whether the exception is for the place of a finding.
func (e *exception) covers(f *Finding) bool {
	if e.all != nil {
		return e.coversIn(e.all, f)
	}
	if e.object == nil {
		return e.lines.First <= f.Origin.Line && f.Origin.Line <= e.lines.Last
	}
	path := manifest.FieldPath(f.Field)
	return (e.remark == nil || e.remark.Covers(path...)) && isAt(e.place, e.object, path)
}

// judge says what is wrong with an exception. Whether it is needed is known only if all that it names were judged.
func (v *view) judge(e *exception, judged []*Practice) []Finding {
	f := Finding{Practice: Exceptions.ID, Severity: Exceptions.Severity, Scope: v.Name, Origin: e.origin, Leads: Exceptions.Leads, Fix: Exceptions.Fix}
	if e.object != nil {
		f.Object = e.object.id
	}
	isJudged := func(id string) bool {
		return slices.ContainsFunc(judged, func(p *Practice) bool { return p.ID == id && p.Inputs&v.inputs() != 0 })
	}
	isUnknown := func(id string) bool { return v.Known != nil && !v.Known(id) }
	switch unknown := slices.IndexFunc(e.Practices, isUnknown); {
	case e.err != nil:
		f.Message, f.Fix = e.err.Error(), cmp.Or(hint.Of(e.err), f.Fix)
	case unknown >= 0:
		f.Message, f.Fix = fmt.Sprintf("the exception names %q, which is no practice", e.Practices[unknown]), "list those there are with: fairlead explain"
	case e.locked != "":
		f.Message = fmt.Sprintf("the exception for %s doesn't hold: it is locked by %s", e.locked, e.lockedBy)
		f.Fix = askWhoLocks(e.lockedBy)
	case e.late > 0:
		f.Message = fmt.Sprintf("the exception for %s has ended on %s: %s", strings.Join(e.Practices, ", "), e.Until.Format(time.DateOnly), e.Reason)
		f.Fix = "mend what it was for, or give it a new day and reason"
	case e.rule == nil && e.lets == 0 && !slices.ContainsFunc(e.Practices, func(id string) bool { return !isJudged(id) }):
		f.Severity = Info
		f.Message = fmt.Sprintf("nothing here needs the exception for %s", strings.Join(e.Practices, ", "))
		f.Leads, f.Fix = "it would hide the next one that comes, whatever its reason", "remove it"
	default:
		return nil
	}
	return []Finding{f}
}
