package deliver

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Pipeline delivers to one cluster.
type Pipeline struct {
	Client *cluster.Client
	// Tracker, if set, is told what the application owns and what became of it, and spares the server questions
	// whose answer it knows.
	Tracker *cluster.Tracker
	// Lifetime bounds the tracker's watches; they outlive a single sync.
	Lifetime context.Context
	// Exists says whether an application, by its owner label, still exists; nil takes all to exist.
	Exists func(owner string) bool
	// Waits and Idle: see apply.Options. Both may be nil.
	Waits context.Context
	Idle  func() (resume func())
	// Progress, if set, is called for each outcome as it happens.
	Progress func(apply.Outcome)
}

// Preview says what a sync would do and changes nothing. The report holds what was reached when it fails with a
// *StageError.
func (p *Pipeline) Preview(ctx context.Context, spec Spec) (*Report, error) {
	return p.take(ctx, spec, step{Fetch, p.fetch}, step{Render, p.render}, step{Check, p.check}, step{Plan, p.plan})
}

// Render says what is delivered, and asks nothing about the cluster but what it can do. It fails as Preview does.
func (p *Pipeline) Render(ctx context.Context, spec Spec) (*Report, error) {
	return p.take(ctx, spec, step{Fetch, p.fetch}, step{Render, p.render})
}

type step struct {
	stage Stage
	run   func(context.Context, *Report) error
}

func (p *Pipeline) take(ctx context.Context, spec Spec, steps ...step) (*Report, error) {
	r := newReport(spec)
	for _, step := range steps {
		start := time.Now()
		err := step.run(ctx, r)
		r.Durations[step.stage] = time.Since(start)
		if err != nil {
			return r, &StageError{Stage: step.stage, Err: err}
		}
	}
	return r, nil
}

// Run carries out the plan of a Preview. Refused objects are in the report's Problems; they stop nothing else, but
// nothing is pruned after one: what should replace a pruned object may be what was refused.
func (p *Pipeline) Run(ctx context.Context, r *Report) {
	options := apply.Options{Progress: p.Progress, Timeout: r.spec.Timeout, Waits: p.Waits, Idle: p.Idle}
	start := time.Now()
	r.Outcomes = apply.Run(ctx, p.Client, r.Plan, options)
	r.Durations[Apply] = time.Since(start)
	p.settle(r)
	if len(r.Problems()) > 0 {
		return
	}
	start = time.Now()
	r.Outcomes = append(r.Outcomes, apply.Prune(ctx, p.Client, r.Plan, options)...)
	r.Durations[Prunes] = time.Since(start)
}

func (p *Pipeline) fetch(ctx context.Context, r *Report) error {
	snapshot, path, err := r.spec.Source.Fetch(ctx)
	r.Snapshot, r.path = snapshot, path
	return err
}

func (p *Pipeline) render(ctx context.Context, r *Report) error {
	options := r.spec.Render
	if kind, err := render.Detect(r.Snapshot.FS(), r.path); err == nil && kind == render.HelmKind {
		server, err := p.Client.Capabilities()
		if err != nil {
			return err
		}
		options.KubeVersion, options.APIVersions = server.Version, server.APIVersions
	}
	rendering, err := render.Render(ctx, r.Snapshot.FS(), r.path, options)
	if err != nil {
		return err
	}
	r.Rendering, r.Inputs = rendering, rendering.Inputs(r.Snapshot)
	if len(r.spec.Gate.Practices) > 0 {
		r.Inputs.Beside(r.Snapshot, settingsFiles(r)...)
	}
	set := rendering.Set
	if len(set.Objects) == 0 && len(set.Problems) == 0 && len(r.spec.Inventory) == 0 {
		return hint.With(fmt.Errorf("%s holds no Kubernetes manifests%s", r.Snapshot.Display(r.path), skippedNote(set)),
			"name a directory with YAML manifests, a kustomization or a Helm chart")
	}
	return nil
}

func skippedNote(set *manifest.Set) string {
	switch n := len(set.Skipped); n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" (passed over: %s, %s)", set.Skipped[0].Path, set.Skipped[0].Reason)
	default:
		return fmt.Sprintf(" (%d files passed over, the first: %s, %s)", n, set.Skipped[0].Path, set.Skipped[0].Reason)
	}
}

func (p *Pipeline) plan(ctx context.Context, r *Report) error {
	plan, err := apply.NewPlan(ctx, p.Client, r.Rendering.Set, p.target(r))
	r.Plan = plan
	return err
}

func (p *Pipeline) target(r *Report) apply.Target {
	target := apply.Target{
		Namespace: r.spec.Namespace,
		Exists:    p.Exists,
		Inventory: r.spec.Inventory, LeaveOwned: r.spec.LeaveOwned,
		Direct: r.spec.Direct,
		Prune: apply.PruneOptions{
			Enabled: r.spec.Prune.Enabled, Share: r.spec.Prune.Share,
			Approved: r.spec.Prune.ApprovedRevision != "" && r.spec.Prune.ApprovedRevision == r.Revision().Commit,
		},
		Replace: apply.ReplaceOptions{
			Approved: r.spec.Replace.Approved || r.spec.Replace.ApprovedRevision != "" && r.spec.Replace.ApprovedRevision == r.Revision().Commit,
		},
	}
	target.Leave, target.StaysGone = r.spec.Drift.Leave, r.spec.Drift.StaysGone
	if target.Leave == nil {
		target.Leave = (*cluster.DriftPolicy)(nil).Leave(cluster.Ignore)
	}
	if r.spec.Application != "" {
		target.Owner = apply.OwnerValue(r.spec.Application)
		target.Labels = map[string]string{apply.OwnerLabel: target.Owner}
		if !r.single { // else it is put back, and the revision has changed nothing
			target.Cause = cause(r.Revision())
		}
	}
	if p.Tracker != nil && !r.single {
		p.Tracker.JudgeBy(r.spec.Application, r.spec.Health)
		if !r.spec.Drift.Anew {
			target.Settled, target.First = p.Tracker.Settled, p.Tracker.First
		}
		if !r.spec.Drift.Anew && !r.spec.Drift.Reads {
			target.Sent = p.Tracker.Sent
		}
		target.Watch = func(objects map[manifest.ID]*meta.RESTMapping) {
			p.Tracker.Own(p.Lifetime, r.spec.Application, objects)
		}
	}
	return target
}

// cause is what kubectl rollout history is to show of a revision: "1f2e3d4c Ann Lee: raise the limits".
func cause(r source.Revision) string {
	if r.Commit == "" { // files of this machine
		return ""
	}
	text := strings.Join(strings.Fields(r.Short()+" "+r.Author), " ") + ": " + cmp.Or(r.Subject(), r.Ref)
	text = strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxCause {
		text = string(runes[:maxCause-1]) + "…"
	}
	return text
}

// maxCause is what fits a line of a table, in characters.
const maxCause = 120

// settle tells the tracker what is known to be live as desired, including kinds that came with this sync.
func (p *Pipeline) settle(r *Report) {
	if p.Tracker == nil {
		return
	}
	if !r.single {
		p.Tracker.Own(p.Lifetime, r.spec.Application, r.Plan.Mappings())
	}
	sent := map[manifest.ID]*apply.Outcome{}
	for i := range r.Outcomes {
		sent[r.Outcomes[i].ID] = &r.Outcomes[i]
	}
	for _, c := range r.Plan.Changes {
		switch o := sent[c.ID]; {
		case o != nil && o.Err == nil && o.Live != nil:
			p.Tracker.Settle(c.ID, c.Hash(), c.Body(), o.Live)
		case o == nil && c.Action == apply.ActionUnchanged && c.Live() != nil:
			p.Tracker.Settle(c.ID, c.Hash(), c.Body(), c.Live())
		case (c.Problem != nil || o != nil && o.Err != nil) && c.WasRead():
			p.Tracker.Observe(c.ID, c.Live())
		}
	}
}

func sortIDs(ids []manifest.ID) { slices.SortFunc(ids, manifest.Compare) }
