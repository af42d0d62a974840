package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Outcome is what became of one change.
type Outcome struct {
	ID     manifest.ID                `json:"id"`
	Action Action                     `json:"action"`
	Origin manifest.Origin            `json:"origin,omitzero"`
	Err    error                      `json:"-"`
	Live   *unstructured.Unstructured `json:"-"` // as the server answered; nil when nothing was sent or it was pruned
}

// Options of Run and Prune. The zero value is quiet.
type Options struct {
	Progress func(Outcome) // called for each outcome as it happens, from one goroutine at a time per wave
}

// Run applies a plan, wave by wave, and returns an outcome for each change that had to be sent. An object that is
// refused stops nothing else. Blocked objects and prunes are not touched.
func Run(ctx context.Context, client *cluster.Client, plan *Plan, options Options) []Outcome {
	byWave := make([][]*Change, len(waves))
	for _, c := range plan.Changes {
		if c.Sends() {
			w := waveOf(c.ID.GroupKind())
			byWave[w] = append(byWave[w], c)
		}
	}
	var all []Outcome
	for _, wave := range byWave {
		if len(wave) == 0 {
			continue
		}
		outcomes := runWave(ctx, client, wave, options)
		all = append(all, outcomes...)
		awaitCRDs(ctx, client, outcomes)
	}
	return all
}

func runWave(ctx context.Context, client *cluster.Client, wave []*Change, options Options) []Outcome {
	outcomes := make([]Outcome, len(wave))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, c := range wave {
		group.Go(func() error {
			outcomes[i] = applyOne(ctx, client, c)
			if options.Progress != nil {
				options.Progress(outcomes[i])
			}
			return nil
		})
	}
	_ = group.Wait()
	return outcomes
}

func applyOne(ctx context.Context, client *cluster.Client, c *Change) Outcome {
	if c.mapping == nil {
		mapping, err := client.Mapping(c.object.GroupVersionKind())
		if err != nil {
			return Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin, Err: err}
		}
		c.mapping = mapping
	}
	live, err := send(ctx, client, c, false)
	if err != nil {
		err = explain(c, err)
	}
	return Outcome{ID: c.ID, Action: c.Action, Origin: c.Origin, Err: err, Live: live}
}

// crdTimeout bounds the wait for a new kind to be served; it takes the server well under a second.
const crdTimeout = 20 * time.Second

// awaitCRDs holds the next wave back until the kinds just defined are served.
func awaitCRDs(ctx context.Context, client *cluster.Client, outcomes []Outcome) {
	ctx, cancel := context.WithTimeout(ctx, crdTimeout)
	defer cancel()
	found := false
	for i, o := range outcomes {
		if !isCRD(o.ID.GroupKind()) || o.Err != nil {
			continue
		}
		found = true
		if err := awaitEstablished(ctx, client, o); err != nil {
			outcomes[i].Err = err
		}
	}
	if found {
		client.Rediscover()
	}
}

func awaitEstablished(ctx context.Context, client *cluster.Client, o Outcome) error {
	mapping, err := client.Mapping(o.Live.GroupVersionKind())
	if err != nil {
		return err
	}
	live := o.Live
	for !established(live) {
		// A watch would be one more call than the one or two reads this takes.
		select {
		case <-ctx.Done():
			return hint.With(errors.New("the new kind is not served"), fmt.Sprintf("see why: kubectl describe crd %s", o.ID.Name))
		case <-time.After(50 * time.Millisecond):
		}
		if live, err = client.Get(ctx, mapping, "", o.ID.Name); err != nil {
			return err
		}
	}
	return nil
}

func established(crd *unstructured.Unstructured) bool {
	if crd == nil {
		return false
	}
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		if fields, ok := c.(map[string]any); ok && fields["type"] == "Established" {
			return fields["status"] == "True"
		}
	}
	return false
}
