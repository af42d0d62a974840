package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

type syncFlags struct {
	wait           bool
	timeout        time.Duration
	approvePrune   bool
	approveReplace bool
	takeOver       bool
	yes            bool
	gate           string
}

func (a *app) sync() *cobra.Command {
	var flags syncFlags
	cmd := &cobra.Command{
		Use:        "sync PATH|APP",
		Short:      "Deliver now and wait until it runs",
		SuggestFor: []string{"apply", "deploy"},
		Long: `Deliver files, or an Application's git revision, now, and wait until what was
delivered is healthy.

PATH is a file or directory of YAML manifests, a kustomization, or a Helm chart;
no installation is needed in the cluster. What is valid is applied; what is
broken is named with file and line. A path never removes anything: it keeps no
inventory. Applications do, and ask first when it looks like an accident.

Exit codes: 0 all delivered and healthy · 1 not all · 2 could not answer.`,
		Example: `  fairlead sync ./k8s
  fairlead sync charts/web -n web
  fairlead sync shop --approve-prune`,
		Args:              oneArgument,
		ValidArgsFunction: a.completeTargets(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if isPath(args[0]) {
				return a.syncPath(cmd.Context(), args[0], flags)
			}
			if cmd.Flags().Changed("gate") {
				return hint.With(errors.New("--gate is for paths"), "an Application has its own: set spec.practices.gate")
			}
			return a.syncApplication(cmd.Context(), args[0], flags)
		},
	}
	cmd.Flags().BoolVar(&flags.wait, "wait", true, "wait until everything is healthy")
	cmd.Flags().DurationVar(&flags.timeout, "timeout", 5*time.Minute, "how long to wait")
	cmd.Flags().BoolVar(&flags.approvePrune, "approve-prune", false, "remove what left git and waits; asks first")
	cmd.Flags().BoolVar(&flags.approveReplace, "approve-replace", false, "make anew what can't be changed; asks first")
	cmd.Flags().BoolVar(&flags.takeOver, "take-over", false, "let a path take objects away from Applications")
	cmd.Flags().BoolVarP(&flags.yes, "yes", "y", false, "don't ask")
	cmd.Flags().StringVar(&flags.gate, "gate", "none", "refuse findings from `LEVEL` on")
	_ = cmd.RegisterFlagCompletionFunc("gate", severityNames)
	a.addOutput(cmd)
	return cmd
}

func (a *app) syncPath(ctx context.Context, path string, flags syncFlags) error {
	pipeline, spec, err := a.pathPipeline(path)
	if err != nil {
		return err
	}
	spec.Timeout, spec.LeaveOwned = flags.timeout, !flags.takeOver
	if spec.Gate.Closes, err = severityOrNone("gate", flags.gate); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	changed := make(chan struct{}, 1)
	tracker := cluster.NewTracker(pipeline.Client, cluster.Scope{PerNamespace: true}, func(string, manifest.ID) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer tracker.Wait()
	defer cancel()

	progress := a.progress()
	defer progress.done()
	progress.show("comparing %s with the cluster…", path)
	report, err := pipeline.Preview(ctx, spec)
	if closed, ok := errors.AsType[*deliver.GateError](err); ok {
		progress.done()
		return a.printRefused(report, closed)
	}
	if err != nil {
		return inWords(report, err)
	}
	if flags.approveReplace {
		progress.done()
		if spec.Replace.Approved, err = a.approveReplace(report, path, flags); err != nil {
			return err
		}
		if report, err = pipeline.Preview(ctx, spec); err != nil {
			return inWords(report, err)
		}
	}
	if flags.wait {
		pipeline.Tracker, pipeline.Lifetime = tracker, ctx
	}
	pipeline.Progress = func(o apply.Outcome) {
		if o.Err == nil && !a.json() {
			progress.print("%s %s", a.style.action(o.Action).Render(sign(o.Action)), deliver.Tense(o.Action)+" "+o.ID.String())
		}
	}
	pipeline.Run(ctx, report)
	progress.done()
	if !a.json() {
		printer := planPrinter{app: a, to: a.err, report: report, target: path}
		printer.findings()
		printer.problems(report.Problems())
		printer.skipped(report.Rendering.Set.Skipped)
	}
	var health *deliver.HealthReport
	if flags.wait {
		health = a.waitHealthy(ctx, tracker, report.Live(), changed, flags.timeout)
	}
	if ctx.Err() != nil {
		return hint.With(errors.New("interrupted"), "run it again: what is delivered already isn't sent twice")
	}
	return a.printSync(report, health)
}

// printSync prints what was done; health is nil when nobody waited for it.
func (a *app) printSync(report *deliver.Report, health *deliver.HealthReport) error {
	if a.json() {
		out := struct {
			reportJSON
			Health *deliver.HealthReport `json:"health,omitempty"`
		}{toJSON(report), health}
		if err := a.printJSON(out); err != nil {
			return err
		}
	} else {
		a.out.paragraph(0, done(report))
		if health != nil {
			a.out.paragraph(2, a.style.health(health.State)+": "+harmless(health.Sentence()))
		}
	}
	return yesOrNo(len(report.Problems()) == 0 && (health == nil || !health.State.Worse(cluster.Suspended)))
}

// done is one line: "3 created, 1 updated, 40 unchanged, 2 problems".
func done(report *deliver.Report) string {
	var parts []string
	if len(report.Outcomes) > 0 {
		parts = append(parts, report.Summary())
	}
	if n := report.Plan.Count(apply.ActionUnchanged) - report.Sent(apply.ActionUnchanged); n > 0 || len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", n))
	}
	if n := len(report.Problems()); n > 0 {
		parts = append(parts, plural(n, "problem"))
	}
	return strings.Join(parts, ", ")
}

// waitHealthy returns when all objects run, one has failed for good, or time is up.
func (a *app) waitHealthy(ctx context.Context, tracker *cluster.Tracker, ids []manifest.ID, changed <-chan struct{}, timeout time.Duration) *deliver.HealthReport {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	progress := a.progress()
	defer progress.done()
	for {
		health := deliver.HealthOf(tracker, ids)
		switch health.State {
		case cluster.Healthy, cluster.Suspended, cluster.Degraded:
			return &health
		}
		progress.wait(timeout, a.style.health(health.State)+": "+harmless(health.Sentence()))
		select {
		case <-changed:
		case <-ctx.Done():
			return &health
		}
	}
}

// confirm asks a person; without one at the terminal the answer must have been given as a flag.
func (a *app) confirm(question string, yes bool) error {
	if yes {
		return nil
	}
	if !a.interactive {
		return hint.With(errors.New("this needs a yes and nobody is at the terminal"), "add --yes")
	}
	fmt.Fprintf(a.err, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return errNo
	}
	return nil
}
