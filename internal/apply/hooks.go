package apply

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/fairlead-dev/fairlead/manifest"
)

// The annotations of hooks, Helm's and what Argo CD's have in common with them.
// Source: https://helm.sh/docs/topics/charts_hooks/, https://argo-cd.readthedocs.io/en/stable/user-guide/resource_hooks/
const (
	helmHook, helmWeight, helmDelete = "helm.sh/hook", "helm.sh/hook-weight", "helm.sh/hook-delete-policy"
	argoHook, argoDelete             = "argocd.argoproj.io/hook", "argocd.argoproj.io/hook-delete-policy"
	// ranForAnnotation on a live hook is a hash of all that is no hook, as of the sync that ran it.
	ranForAnnotation = "fairlead.dev/hook-ran-for"
)

// moment is when a hook runs; some run at several.
type moment uint8

const (
	preInstall moment = 1 << iota
	preUpgrade
	postInstall
	postUpgrade
)

var moments = map[string]moment{
	"pre-install": preInstall, "pre-upgrade": preUpgrade, "post-install": postInstall, "post-upgrade": postUpgrade,
	"presync": preInstall | preUpgrade, "postsync": postInstall | postUpgrade,
}

// ofStage are the moments of a stage: at the first delivery, and later.
var ofStage = map[stage]struct{ install, upgrade moment }{before: {preInstall, preUpgrade}, afterwards: {postInstall, postUpgrade}}

// hook is an object that is no part of what is delivered, but done before or after it.
type hook struct {
	moments                       moment
	weight                        int
	deleteSucceeded, deleteFailed bool

	// What planning found out.
	stages     []stage // in which it runs in this sync
	isFinished bool    // what is live has done its work
	isChanged  bool    // what is live differs from git
	resumes    bool    // what is live is still at this very work: it is waited for, not made anew
	ranFor     string  // of what is live
}

// ordinary kinds are never hooks: others can't be without them, and they go first anyway.
func ordinary(gk schema.GroupKind) bool { return gk == namespaceKind.GroupKind() || isCRD(gk) }

// readHook returns nil for what is no hook, or one for a moment that isn't part of a delivery.
func readHook(o *manifest.Object) *hook {
	key, deleteKey, weightKey := argoHook, argoDelete, waveAnnotation
	if annotation(o, key) == "" {
		key, deleteKey, weightKey = helmHook, helmDelete, helmWeight
	}
	text := annotation(o, key)
	if text == "" || ordinary(o.GroupVersionKind().GroupKind()) {
		return nil
	}
	h := &hook{}
	for word := range strings.SplitSeq(text, ",") {
		h.moments |= moments[strings.ToLower(strings.TrimSpace(word))]
	}
	h.weight, _ = strconv.Atoi(strings.TrimSpace(annotation(o, weightKey))) // Helm takes what isn't a number for 0
	for word := range strings.SplitSeq(annotation(o, deleteKey), ",") {
		switch strings.ReplaceAll(strings.ToLower(strings.TrimSpace(word)), "-", "") {
		case "hooksucceeded":
			h.deleteSucceeded = true
		case "hookfailed":
			h.deleteFailed = true
		}
	}
	if h.moments == 0 {
		return nil
	}
	return h
}

// runs says whether an object does a work that ends. Other hooks only have to be there.
func runs(gk schema.GroupKind) bool {
	return gk == schema.GroupKind{Group: "batch", Kind: "Job"} || gk == schema.GroupKind{Kind: "Pod"}
}

// IsHook says whether the object is done before or after the rest instead of being a part of it. Hooks are neither
// watched nor owned once they are done.
func (c *Change) IsHook() bool { return c.placing.hook != nil }

// placeHooks adds the hooks that run in this sync, each a phase of its own: by weight, kind and name, as Helm does.
func (c *course) placeHooks() {
	for _, s := range []stage{before, afterwards} {
		var members []int
		for i, change := range c.changes {
			if change.IsHook() && slices.Contains(change.placing.hook.stages, s) {
				members = append(members, i)
			}
		}
		slices.SortStableFunc(members, func(i, j int) int {
			a, b := c.changes[i], c.changes[j]
			return cmp.Or(a.placing.hook.weight-b.placing.hook.weight, waveOf(a.ID.GroupKind())-waveOf(b.ID.GroupKind()), strings.Compare(a.ID.Name, b.ID.Name))
		})
		for turn, i := range members {
			c.phases = append(c.phases, phase{s, turn})
			at := c.add(step{waits: true, task: task{runsHook, c.changes[i], s}})
			c.of[i] = append(c.of[i], at)
		}
	}
}

// cleaning adds what is deleted at the end of a stage, and returns the gate behind it.
func (c *course) cleaning(gate int, of stage) int {
	clean := c.add(step{task: task{act: cleansUp, stage: of}})
	behind := c.add(step{rank: -1})
	c.link(behind, gate, waitsFor)
	c.link(behind, clean, refers)
	for i := range c.phases {
		if c.steps[i].act == runsHook && c.steps[i].stage == of {
			c.link(clean, i, refers)
		}
	}
	return behind
}

// contentOf hashes all that is no hook.
func contentOf(changes []*Change) string {
	var sum uint64
	for _, c := range changes {
		if !c.IsHook() {
			sum += c.hash ^ xxhash.Sum64String(c.ID.String())
		}
	}
	return strconv.FormatUint(sum, 16)
}

// stamp notes on a hook what it runs for.
func (c *Change) stamp(ranFor string) {
	annotations := c.object.GetAnnotations()
	delete(annotations, ranForAnnotation)
	if ranFor != "" {
		annotations[ranForAnnotation] = ranFor
	}
	c.object.SetAnnotations(annotations)
	c.body = nil
}
