// Package matchesgit is the practice that what runs is what git says.
package matchesgit

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

//go:embed practice.md testdata
var files embed.FS

// Practice is matches-git.
var Practice = &practice.Practice{
	ID:       "matches-git",
	Title:    "What runs is what git says",
	Category: practice.Lessons,
	Severity: practice.Warning,
	Inputs:   practice.Cluster,
	ReadsGit: true,
	Leads:    "what was tested and reviewed isn't what runs: the next delivery takes the change back without a word, or a cluster built anew lacks it",
	Fix:      putBack + " what runs to git",
	Files:    files,
	Run:      run,
}

const putBack = "deliver again to put back what git says, or write"

func run(p *practice.Pass) {
	scaled := scaledIn(p)
	for o := range p.All() {
		if git := p.Git[o.ID()]; git != nil {
			judgeDelivered(p, o, git, scaled)
		} else {
			judgeApplied(p, o, scaled)
		}
	}
	for _, o := range p.Gone() {
		if o.Get("spec", "ttlSecondsAfterFinished") != nil {
			continue // a Job that was done
		}
		p.Report(practice.Note{
			At: o.At("metadata", "name"), Message: "it was delivered and isn't in the cluster any more",
			Leads: "what needs it fails, or will when it is started next, and the repository says that all is there",
			Fix:   "deliver again, or take it out of git",
		})
	}
}

// judgeDelivered compares an object with what the config repository says of it.
func judgeDelivered(p *practice.Pass, o *practice.Object, git *manifest.Object, scaled map[manifest.ID]bool) {
	if git.GetAPIVersion() != o.GetAPIVersion() {
		return // fields of another version may mean something else
	}
	drifted := driftOf(o, compare(git.Object, o), "fairlead", scaled)
	if len(drifted) == 0 {
		return
	}
	fix := ""
	if at := git.Origin.String(); at != "" {
		fix = putBack + " what runs to " + at
	}
	p.Report(practice.Note{At: o.At(drifted[0].path...), Message: told(o, drifted, "git has"), Fix: fix})
}

// judgeApplied compares an object with what kubectl apply, or what works as it does, notes that it was given last.
func judgeApplied(p *practice.Pass, o *practice.Object, scaled map[manifest.ID]bool) {
	text, _ := o.Get("metadata", "annotations", practice.AppliedAnnotation).(string)
	var applied map[string]any
	if text == "" || json.Unmarshal([]byte(text), &applied) != nil || applied["apiVersion"] != o.GetAPIVersion() {
		return
	}
	applier, isNoted := o.LastWriter("metadata", "annotations", practice.AppliedAnnotation)
	if !isNoted || isTakenOver(o, applier) {
		return
	}
	drifted := driftOf(o, compare(applied, o), applier.Manager, scaled)
	if len(drifted) == 0 {
		return
	}
	p.Report(practice.Note{
		At: o.At(drifted[0].path...), Severity: practice.Info,
		Message: fmt.Sprintf("last applied by %s; since then %s", applier, told(o, drifted, "it said")),
		Fix:     "apply the file again to put back what it says, or write to it what runs",
	})
}

// isTakenOver says that somebody delivers the object since by server-side apply, who doesn't keep the note.
func isTakenOver(o *practice.Object, applier practice.Writer) bool {
	return slices.ContainsFunc(o.Writers(), func(w practice.Writer) bool {
		return w.Operation == "Apply" && w.Subresource == "" && !w.At.Before(applier.At) && (w.Tool() != "" || w.Manager == "fairlead" || w.Manager == "kubectl")
	})
}

// drift is a difference that somebody has made.
type drift struct {
	difference
	by practice.Writer // its Manager is "" if nobody knows
}

// driftOf takes out what is no drift: what an autoscaler or a controller sets, the certificate that a webhook is given, and
// what its sender still holds, which was changed on the way.
func driftOf(o *practice.Object, found []difference, sender string, scaled map[manifest.ID]bool) []drift {
	id := o.ID()
	id.Group = ""
	var drifted []drift
	for _, d := range found {
		by, isOther := d.author(o, sender)
		isKept := d.path[len(d.path)-1] == "caBundle" || d.field == "spec.replicas" && scaled[id]
		if isOther && !isKept {
			drifted = append(drifted, drift{d, by})
		}
	}
	return drifted
}

// author is who has made a field what it is; isOther says that it was neither the sender nor a program.
func (d difference) author(o *practice.Object, sender string) (by practice.Writer, isOther bool) {
	writers, isHeld := o.Writers(), false
	for _, w := range writers {
		if d.live == nil || !w.Holds(d.path...) {
			continue
		}
		if w.Manager == sender {
			return w, false
		}
		by, isHeld = w, true
	}
	if isHeld {
		return by, !by.IsProgram()
	}
	// It has gone, or is the server's default since: the last who came may have taken it away. If there was nobody, it is
	// the server's doing.
	for _, w := range writers {
		if w.Subresource == "" && w.Manager != sender && !w.IsProgram() {
			by = w
		}
	}
	return by, by.Manager != "" || len(writers) == 0
}

// scaledIn are the workloads that an autoscaler scales; its reference says only the kind.
func scaledIn(p *practice.Pass) map[manifest.ID]bool {
	scaled := map[manifest.ID]bool{}
	note := func(o *practice.Object, preset string) {
		kind := o.Text("spec", "scaleTargetRef", "kind")
		if kind == "" {
			kind = preset
		}
		scaled[manifest.ID{Kind: kind, Namespace: o.ID().Namespace, Name: o.Text("spec", "scaleTargetRef", "name")}] = true
	}
	for o := range p.Of("autoscaling", "HorizontalPodAutoscaler") {
		note(o, "")
	}
	for o := range p.Of("keda.sh", "ScaledObject") {
		note(o, "Deployment")
	}
	return scaled
}

// mostNamed are the fields that a finding names; the others are counted.
const mostNamed = 3

// told names the fields, and who has set them: once if it was one for all. meant leads to the value that was wanted.
func told(o *practice.Object, drifted []drift, meant string) string {
	named := drifted[:min(mostNamed, len(drifted))]
	isOne := !slices.ContainsFunc(named, func(d drift) bool {
		return d.by.String() != named[0].by.String() || (d.live == nil) != (named[0].live == nil)
	})
	var parts []string
	for _, d := range named {
		text := d.says(o, meant)
		if !isOne {
			text += d.blames()
		}
		parts = append(parts, text)
	}
	text := strings.Join(parts, ", ")
	if isOne {
		text += named[0].blames()
	}
	if n := len(drifted) - len(named); n > 0 {
		text += fmt.Sprintf(", and %d more %s", n, plural("field", n))
	}
	return text
}

func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// blames reads " (kubectl-scale on 2026-11-02 14:05 UTC)".
func (d drift) blames() string {
	switch {
	case d.by.Manager == "":
		return ""
	case d.live == nil:
		return fmt.Sprintf(" (last written to by %s)", d.by)
	}
	return fmt.Sprintf(" (%s)", d.by)
}

// says reads "spec.replicas is 5 where git has 3". What may be long, or secret, is not shown.
func (d drift) says(o *practice.Object, meant string) string {
	set, isShort := short(d.set)
	live, too := short(d.live)
	isShown := isShort && !isHidden(o, d.path)
	switch {
	case d.live == nil && isShown:
		return fmt.Sprintf("%s is gone where %s %s", d.field, meant, set)
	case d.live == nil:
		return d.field + " is gone"
	case isShown && too:
		return fmt.Sprintf("%s is %s where %s %s", d.field, live, meant, set)
	}
	return fmt.Sprintf("%s isn't what %s", d.field, meant)
}

// isHidden says that a field may hold a secret, or a text that says little in one line.
func isHidden(o *practice.Object, path []string) bool {
	last := path[len(path)-1]
	return o.IsSecret() || path[0] == "data" || path[0] == "binaryData" || last == "value" || slices.Contains(path, "args") || slices.Contains(path, "command")
}

// short spells a value that fits into a sentence.
func short(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		text = strconv.Quote(v)
	case bool, int64, float64:
		text = fmt.Sprint(v)
	default:
		return "", false
	}
	return text, len(text) <= 80
}
