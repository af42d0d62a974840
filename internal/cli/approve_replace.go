package cli

import (
	"context"
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/deliver"
)

// previewApplication runs the pipeline of one Application without its writes.
func (a *app) previewApplication(ctx context.Context, name string) (*deliver.Report, error) {
	c, err := a.comparer(ctx, name, diffFlags{})
	if err != nil {
		return nil, err
	}
	defer c.close()
	s := c.one(ctx, c.app)
	return s.report, inWords(s.report, s.err)
}

// approveReplace shows what can only be had by deleting it and making it anew, and takes a person's yes for it.
func (a *app) approveReplace(report *deliver.Report, name string, flags syncFlags) (yes bool, err error) {
	n := 0
	for _, c := range report.Plan.Changes {
		if !c.Replaceable() {
			continue
		}
		n++
		a.err.paragraph(4, "  "+a.style.action(apply.ActionReplace).Render(sign(apply.ActionReplace))+" "+sentence(c.ID.String(), report.Words(c.Problem.Error())))
	}
	if n == 0 {
		fmt.Fprintf(a.err, "nothing of %s waits to be replaced\n", name)
		return false, nil
	}
	return true, a.confirm(fmt.Sprintf("Delete and make anew %s?", plural(n, "object")), flags.yes)
}
