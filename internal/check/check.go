package check

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fairlead-dev/fairlead/practice"
)

// Run judges an Input by practices. What is broken in it is a finding; its error says that there is nothing to judge, or
// that ctx has ended.
func Run(ctx context.Context, in Input, practices []*practice.Practice) (*Result, error) {
	start := time.Now()
	by, err := in.settings(practices)
	if err != nil {
		return nil, err
	}
	units, err := in.gather(ctx, practices)
	if err != nil {
		return nil, err
	}
	judged := make([]judgement, len(units))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, u := range units {
		group.Go(func() error {
			judged[i] = u.judge(ctx, practices, by)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(judged, func(a, b judgement) int { return cmp.Compare(a.scope.Name, b.scope.Name) }) // as findings are
	result := &Result{Checked: append([]*practice.Practice{Readable, practice.Exceptions}, practices...)}
	texts := map[string]func() []byte{}
	n := 0
	for _, j := range judged {
		n += len(j.findings)
	}
	result.Findings = make([]practice.Finding, 0, n)
	for i, j := range judged {
		result.Findings = append(result.Findings, j.findings...)
		judged[i].findings = nil // a large check holds each once
		result.Skipped = append(result.Skipped, j.skipped...)
		if j.scope.Objects+j.scope.Dockerfiles+len(j.findings) > 0 || j.scope.Kind == Helm || j.scope.Kind == Settings { // of a chart its description is judged, too
			result.Scopes = append(result.Scopes, j.scope)
		}
		for path, text := range j.texts {
			texts[path] = text
		}
	}
	by.tell(result, units)
	result.letBe(practice.Sort(result.Findings))
	slices.SortStableFunc(result.Skipped, compareSkipped)
	result.Skipped = slices.Compact(result.Skipped)
	result.Sources = func(path string) []byte {
		if text := texts[path]; text != nil {
			return text()
		}
		return by.text(path, units)
	}
	result.Duration = time.Since(start)
	return result, nil
}
