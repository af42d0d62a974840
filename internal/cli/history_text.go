package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/deliver"
)

// printLog tells the Releases of one Application, each in a paragraph.
func (a *app) printLog(releases []v1alpha1.Release) {
	for i, r := range releases {
		if i > 0 {
			fmt.Fprintln(a.out)
		}
		a.out.paragraph(2, fmt.Sprintf("%s  %s  %s  %s", localTime(r.CreationTimestamp.Time), a.style.bold.Render(r.Name), r.Spec.ShortRevision, a.result(r.Status.Result)))
		for _, line := range a.told(r) {
			a.out.paragraph(6, "    "+line)
		}
	}
}

// told is what there is to say of a Release below its heading, a line each.
func (a *app) told(r v1alpha1.Release) []string {
	lines := []string{harmless(whose(r))}
	if r.Status.Result != "Healthy" && r.Status.Message != "" {
		lines = append(lines, harmless(r.Status.Message))
	}
	lines = append(lines, harmless(changedKinds(r.Spec)))
	for i, image := range r.Spec.Images {
		if i == mostImages {
			lines = append(lines, fmt.Sprintf("and %s more", plural(len(r.Spec.Images)-i, "image")))
			break
		}
		lines = append(lines, harmless(imageStep(image)))
	}
	if took := durations(r.Spec.DurationsMillis); took != "" {
		lines = append(lines, a.style.dim.Render(took))
	}
	return lines
}

// mostImages of a Release are shown; -o json has more.
const mostImages = 10

// whose is the revision's author and message, and why it was synced if that wasn't the reason or somebody has asked.
func whose(r v1alpha1.Release) string {
	text := orDash(r.Spec.Subject)
	if r.Spec.Author != "" { // artifacts and charts need not name one
		text = r.Spec.Author + ": " + text
	}
	var reasons []string
	if !isNews(r.Spec.Reason) && (r.Spec.Reason != "requested" || r.Spec.RequestedBy == "") {
		reasons = append(reasons, r.Spec.Reason)
	}
	if r.Spec.RequestedBy != "" {
		reasons = append(reasons, "asked for by "+r.Spec.RequestedBy)
	}
	if len(reasons) == 0 {
		return text
	}
	return text + " (" + strings.Join(reasons, "; ") + ")"
}

// isNews says that a revision was the reason of a sync.
func isNews(reason string) bool {
	return reason == "new revision" || reason == "first delivery" || reason == ""
}

// changedKinds counts what was done by kind, and names what is the only one of its: "updated 2 Deployments, Service web".
// Of a Release that has no room for all of them it is the summary.
func changedKinds(spec v1alpha1.ReleaseSpec) string {
	if len(spec.Changes) == 0 || len(spec.Changes) >= mostChanges {
		return spec.Summary
	}
	byAction := map[string]map[string][]string{}
	for _, c := range spec.Changes {
		done := deliver.Tense(apply.Action(c.Action))
		if c.Error != "" {
			done = "failed"
		}
		if byAction[done] == nil {
			byAction[done] = map[string][]string{}
		}
		byAction[done][c.Kind] = append(byAction[done][c.Kind], c.Name)
	}
	var parts []string
	for done, kinds := range byAction {
		var of []string
		for kind, names := range kinds {
			if len(names) == 1 {
				of = append(of, kind+" "+names[0])
			} else {
				of = append(of, fmt.Sprintf("%d %s", len(names), severalOf(kind)))
			}
		}
		slices.Sort(of)
		parts = append(parts, done+" "+strings.Join(of, ", "))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}

// mostChanges is how many a Release has room for.
const mostChanges = 100

// severalOf is the plural of a kind: Ingresses, NetworkPolicies.
func severalOf(kind string) string {
	switch {
	case strings.HasSuffix(kind, "s"), strings.HasSuffix(kind, "x"), strings.HasSuffix(kind, "ch"):
		return kind + "es"
	case strings.HasSuffix(kind, "cy"), strings.HasSuffix(kind, "ry"), strings.HasSuffix(kind, "ty"):
		return kind[:len(kind)-1] + "ies"
	}
	return kind + "s"
}

func imageStep(i v1alpha1.ImageChange) string {
	switch {
	case i.From == "":
		return fmt.Sprintf("%s %s (new)", i.Image, i.To)
	case i.To == "":
		return fmt.Sprintf("%s %s (gone)", i.Image, i.From)
	}
	return fmt.Sprintf("%s %s → %s", i.Image, i.From, i.To)
}

// durations of the stages that took any time, and of all: "took 28 ms: fetch 3 ms, render 2 ms, plan 14 ms, apply 9 ms".
func durations(millis map[string]int64) string {
	var parts []string
	all := time.Duration(0)
	for _, stage := range []deliver.Stage{deliver.Fetch, deliver.Render, deliver.Check, deliver.Plan, deliver.Apply, deliver.Prunes} {
		if d := time.Duration(millis[string(stage)]) * time.Millisecond; d > 0 {
			parts, all = append(parts, string(stage)+" "+took(d)), all+d
		}
	}
	if all == 0 {
		return ""
	}
	return "took " + took(all) + ": " + strings.Join(parts, ", ")
}

// took is a duration as people say it: 14 ms, 2.5 s, 3m10s.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
