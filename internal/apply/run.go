package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"
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
	Progress func(Outcome) // called for each outcome as it happens, never at the same time as itself
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
		awaitCRDs(ctx, client, outcomes)
		all = append(all, outcomes...)
	}
	return all
}

func runWave(ctx context.Context, client *cluster.Client, wave []*Change, options Options) []Outcome {
	outcomes := make([]Outcome, len(wave))
	var telling sync.Mutex
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, c := range wave {
		group.Go(func() error {
			outcomes[i] = applyOne(ctx, client, c)
			if options.Progress != nil {
				telling.Lock()
				defer telling.Unlock()
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
	live, err := write(ctx, client, c)
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
		outcomes[i].Err = awaitEstablished(ctx, client, o)
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
	for live := o.Live; ; {
		served, reason := established(live)
		if served {
			return nil
		}
		if reason != "" {
			return hint.With(fmt.Errorf("the new kind is not served: %s", reason), "rename what is taken, or remove the other definition")
		}
		// A watch would be one more call than the one or two reads this takes.
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			live, err = client.Get(ctx, mapping, "", o.ID.Name)
		}
		switch {
		case ctx.Err() != nil:
			return hint.With(errors.New("the new kind is not served"), fmt.Sprintf("see why: kubectl describe crd %s", o.ID.Name))
		case err != nil:
			return err
		}
	}
}

// established says whether a definition is served, and if it never will be, why.
func established(crd *unstructured.Unstructured) (served bool, reason string) {
	if crd == nil {
		return false, "it was deleted meanwhile"
	}
	conditions, _, _ := unstructured.NestedSlice(crd.Object, "status", "conditions")
	for _, c := range conditions {
		fields, _ := c.(map[string]any)
		switch {
		case fields["type"] == "NamesAccepted" && fields["status"] == "False":
			return false, fmt.Sprint(fields["message"])
		case fields["type"] == "Established" && fields["status"] == "True":
			served = true
		}
	}
	return served, ""
}
