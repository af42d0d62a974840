package deliver

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Stage is a step of the pipeline.
type Stage string

// The stages in order.
const (
	Fetch  Stage = "fetch"
	Render Stage = "render"
	Check  Stage = "check"
	Plan   Stage = "plan"
	Apply  Stage = "apply"
	Prunes Stage = "prune"
)

// StageError stops the pipeline. The ends turn it into a condition, an event and an exit code in one place each.
type StageError struct {
	Stage Stage
	Err   error
}

// Error is the cause's text: the stages name themselves where it helps.
func (e *StageError) Error() string { return e.Err.Error() }
func (e *StageError) Unwrap() error { return e.Err }

// Report is what the pipeline found and did. Fields of stages that were not reached are zero.
type Report struct {
	Snapshot  *source.Snapshot
	Rendering *render.Rendering
	Inputs    *render.Inputs // of the Rendering; nil if they can't be told from others
	Judgement *Judgement     // nil if nothing is judged
	Plan      *apply.Plan
	Outcomes  []apply.Outcome // of what had to be sent or pruned; empty after a Preview
	Durations map[Stage]time.Duration

	// Base is the revision that a PreviewMerge compares with; BaseErr says why it compared with what runs instead.
	Base    source.Revision
	BaseErr error
	// Added is what a PreviewMerge finds in what is merged and not in what it is merged into, the severest first.
	Added []practice.Finding
	// Closed is what closes the gate; nil if it is open.
	Closed *GateError

	spec Spec
	path string // in the Snapshot
	// single says that it is about some objects of the application alone.
	single bool
}

// Rendered is the report of a path that was only rendered.
func Rendered(snapshot *source.Snapshot, path string) *Report {
	return &Report{Snapshot: snapshot, path: path}
}

// Words puts the paths of a text as the person knows them: relative to where they stand, for a local path.
func (r *Report) Words(text string) string {
	if r == nil || r.Snapshot == nil || r.path == "" || r.path == "." {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, r.path)
		if at < 0 {
			return out.String() + text
		}
		end := at + len(r.path)
		out.WriteString(text[:at])
		if isWholePath(text, at, end) {
			out.WriteString(r.Snapshot.Display(r.path))
		} else {
			out.WriteString(r.path)
		}
		text = text[end:]
	}
}

// isWholePath tells the path k8s from a part of networking.k8s.io.
func isWholePath(text string, at, end int) bool {
	isName := func(b byte) bool {
		return b == '_' || b == '-' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	if at > 0 && (isName(text[at-1]) || text[at-1] == '.' || text[at-1] == '/') {
		return false
	}
	rest := strings.TrimPrefix(text[end:], ".") // the end of a sentence is no part of a name
	return rest == "" || !isName(rest[0])
}

// Revision that was delivered.
func (r *Report) Revision() source.Revision {
	if r.Snapshot == nil {
		return source.Revision{}
	}
	return r.Snapshot.Revision
}

// ContentHash is a hash of the objects that the plan wants, in 32 hexadecimal digits. Of Secrets it takes in the keys,
// not the values: it is shown.
func (r *Report) ContentHash() string {
	h := sha256.New()
	for _, c := range r.Plan.Changes {
		o := c.Object()
		if o == nil {
			continue
		}
		fmt.Fprintf(h, "%s\n", c.ID)
		if !o.IsSecret() {
			_, _ = h.Write(c.Body())
			continue
		}
		data, _ := o.Object["data"].(map[string]any)
		fmt.Fprintln(h, slices.Sorted(maps.Keys(data)))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Problems are all things wrong with single files and objects, in the source, the plan and the sync.
func (r *Report) Problems() []manifest.Problem {
	var all []manifest.Problem
	if r.Rendering != nil {
		all = append(all, r.Rendering.Set.Problems...)
	}
	if r.Plan != nil {
		all = append(all, r.Plan.Problems()...)
	}
	for _, o := range r.Outcomes {
		if o.Err != nil {
			all = append(all, manifest.Problem{Origin: o.Origin, ID: o.ID, Err: o.Err})
		}
	}
	return all
}

// Inventory is what the application owns after the sync: what it owned, plus what is in git and live, minus what
// was pruned or is no longer there.
func (r *Report) Inventory() []manifest.ID {
	failed, done := map[manifest.ID]bool{}, map[manifest.ID]bool{}
	for _, o := range r.Outcomes {
		failed[o.ID], done[o.ID] = o.Err != nil && o.Live == nil, o.Err == nil
	}
	owned := map[manifest.ID]bool{}
	for _, id := range r.spec.Inventory {
		owned[id] = true
	}
	inPlan := map[manifest.ID]bool{}
	for _, c := range r.Plan.Changes {
		inPlan[c.ID] = true
		switch {
		case c.Action == apply.ActionPrune:
			owned[c.ID] = !done[c.ID]
		case c.IsHook(): // owned until it is done: so a run that was cut short is known
			owned[c.ID] = !done[c.ID] && (c.Sends() || c.Problem != nil)
		case c.Problem == nil:
			owned[c.ID] = owned[c.ID] || !failed[c.ID]
		}
	}
	if r.spec.Prune.Enabled {
		for id := range owned { // the plan looked for these: not live any more, or handed to another application
			owned[id] = owned[id] && inPlan[id]
		}
	}
	var ids []manifest.ID
	for id, yes := range owned {
		if yes {
			ids = append(ids, id)
		}
	}
	sortIDs(ids)
	return ids
}

// Summary counts what was done: "2 created, 1 updated, 1 pruned"; "nothing to do" when nothing was.
func (r *Report) Summary() string {
	counts, failed := map[apply.Action]int{}, 0
	for _, o := range r.Outcomes {
		if o.Err != nil {
			failed++
			continue
		}
		counts[o.Action]++
	}
	return Tally(counts, failed)
}

var pastTense = []struct {
	action apply.Action
	word   string
}{{apply.ActionCreate, "created"}, {apply.ActionUpdate, "updated"}, {apply.ActionReplace, "replaced"}, {apply.ActionUnknown, "applied"}, {apply.ActionUnchanged, "taken over"}, {apply.ActionPrune, "pruned"}}

// Tally words counts of actions.
func Tally(counts map[apply.Action]int, failed int) string {
	var parts []string
	for _, p := range pastTense {
		if n := counts[p.action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.word))
		}
	}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}

// Writes says whether running the plan would send or delete anything.
func (r *Report) Writes() bool {
	for _, c := range r.Plan.Changes {
		if c.Sends() || c.Action == apply.ActionPrune && r.Plan.Guard == nil && len(r.Problems()) == 0 {
			return true
		}
	}
	return false
}

// Sent counts what was sent of an action.
func (r *Report) Sent(a apply.Action) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Action == a && o.Err == nil {
			n++
		}
	}
	return n
}

// Live lists the objects that the sync has put or left in place: those whose health matters.
func (r *Report) Live() []manifest.ID {
	refused := map[manifest.ID]bool{}
	for _, p := range r.Problems() {
		refused[p.ID] = true
	}
	var ids []manifest.ID
	for id := range r.Plan.Mappings() {
		if !refused[id] {
			ids = append(ids, id)
		}
	}
	sortIDs(ids)
	return ids
}

// Tense is the past tense of an action: "created".
func Tense(a apply.Action) string {
	for _, p := range pastTense {
		if p.action == a {
			return p.word
		}
	}
	return string(a)
}
