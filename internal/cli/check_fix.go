package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/check/fix"
	"github.com/fairlead-dev/fairlead/internal/check/report"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/practice"
)

// checkFixable says what of a check's input can't be written to.
func (f checkFlags) checkFixable(targets []string) error {
	switch {
	case !f.fix && f.dryRun:
		return hint.With(errors.New("--dry-run goes with --fix only"), "a check writes nothing without --fix")
	case !f.fix:
		return nil
	case f.cluster:
		return hint.With(errors.New("--fix goes without --cluster"), "mend the files that the cluster is delivered from: name their directory")
	case f.ref+f.newSince != "":
		return hint.With(errors.New("--fix goes without --ref and --new-since"), "it changes the files as they are")
	case slices.Contains(targets, stdinTarget):
		return hint.With(errors.New("--fix can't write to standard input"), "name the file")
	}
	return nil
}

// stdinTarget is the target that stands for standard input.
const stdinTarget = "-"

// contextLines are shown around each change.
const contextLines = 2

// fix mends in the files what can be mended, as a person at the terminal agrees to, and returns what is left.
func (a *app) fix(ctx context.Context, in check.Input, found *check.Result, chosen []*practice.Practice, flags checkFlags) (*check.Result, error) {
	plan, err := fix.New(ctx, in, found, chosen)
	if err != nil {
		return nil, err
	}
	if a.interactive || flags.dryRun {
		a.printChanges(plan)
	}
	a.printDeclined(plan)
	switch {
	case len(plan.Changes) == 0:
		fmt.Fprintln(a.err, "nothing that Fairlead can mend by itself")
		return found, nil
	case flags.dryRun:
		fmt.Fprintf(a.err, "%s would be mended in %s; nothing is written\n", plural(len(plan.Mended), "finding"), plural(len(plan.Changes), "file"))
		return plan.After, nil
	case a.interactive:
		if err := a.confirm(fmt.Sprintf("Write %s?", plural(len(plan.Changes), "file")), flags.yes); err != nil {
			return nil, err
		}
	}
	var failed []error
	for _, c := range plan.Changes {
		if err := c.Write(); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) > 0 {
		return nil, a.unwritten(failed, len(plan.Changes))
	}
	fmt.Fprintf(a.err, "%s mended %s in %s\n", a.style.good.Render("✓"), plural(len(plan.Mended), "finding"), plural(len(plan.Changes), "file"))
	return plan.After, nil
}

// unwritten tells why some of the files that were to be changed are as they were.
func (a *app) unwritten(failed []error, files int) error {
	if files == 1 {
		return failed[0]
	}
	for _, err := range failed {
		a.printError(err)
	}
	err := fmt.Errorf("%d of %d files could not be written; the others are", len(failed), files)
	if len(failed) == files {
		err = errors.New("no file was written")
	}
	return hint.With(err, "see above; then run it again")
}

// printChanges shows the changes as a difference of each file, with secrets masked.
func (a *app) printChanges(plan *fix.Plan) {
	p := planPrinter{app: a, to: a.out}
	for _, c := range plan.Changes {
		var by []string
		for _, f := range plan.Mended {
			if slices.ContainsFunc(f.Edits, func(e practice.Edit) bool { return e.In.Path == c.Path }) && !slices.Contains(by, f.Practice) {
				by = append(by, f.Practice)
			}
		}
		fmt.Fprintf(a.out, "%s  %s\n", a.style.bold.Render(harmless(c.Path)), a.style.dim.Render(strings.Join(by, ", ")))
		p.painted("  ", differing(report.Shown(c.Before), report.Shown(c.After), contextLines))
		fmt.Fprintln(a.out)
	}
}

// printDeclined tells for each reason what has to be mended by hand.
func (a *app) printDeclined(plan *fix.Plan) {
	places := map[string][]string{}
	var reasons []string
	for _, d := range plan.Declined {
		if places[d.Reason] == nil {
			reasons = append(reasons, d.Reason)
		}
		if place := report.Place(d.Finding); !slices.Contains(places[d.Reason], place) {
			places[d.Reason] = append(places[d.Reason], place)
		}
	}
	slices.SortStableFunc(reasons, func(x, y string) int { return cmp.Compare(len(places[y]), len(places[x])) })
	for _, reason := range reasons {
		a.err.paragraph(2, a.style.dim.Render("left to you: "+harmless(strings.Join(shorten(places[reason], named), ", ")+": "+reason)))
	}
}
