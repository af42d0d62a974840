package imagepinned

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// build is what runs under one name: on each architecture it may be another image.
type build struct{ image, architecture string }

// compareLive finds images of one name whose digests differ from pod to pod.
func compareLive(p *practice.Pass) {
	running := map[build]map[string][]practice.Place{} // by digest
	for pod := range p.Pods() {
		if pod.Object.ID().Kind != "Pod" || pod.Object.Text("status", "phase") != "Running" {
			continue
		}
		digests := digestsOf(pod.Object)
		node := p.Find(manifest.ID{Kind: "Node", Name: pod.Spec.NodeName})
		for c := range pod.Containers() {
			digest := digests[c.Name]
			if digest == "" || strings.Contains(c.Image, "@") {
				continue
			}
			b := build{image: c.Image}
			if node != nil {
				b.architecture = node.Text("status", "nodeInfo", "architecture")
			}
			if running[b] == nil {
				running[b] = map[string][]practice.Place{}
			}
			running[b][digest] = append(running[b][digest], c.At("image"))
		}
	}
	for b, places := range running {
		if len(places) > 1 {
			report(p, b.image, places)
		}
	}
}

// digestsOf are the digests of a pod's containers, by name. An image that was never in a registry has none.
func digestsOf(pod *practice.Object) map[string]string {
	digests := map[string]string{}
	for _, list := range []string{"containerStatuses", "initContainerStatuses"} {
		statuses, _ := pod.Get("status", list).([]any)
		for i := range statuses {
			at := strconv.Itoa(i)
			if _, digest, ok := strings.Cut(pod.Text("status", list, at, "imageID"), "@"); ok {
				digests[pod.Text("status", list, at, "name")] = digest
			}
		}
	}
	return digests
}

func report(p *practice.Pass, image string, places map[string][]practice.Place) {
	digests := slices.SortedFunc(maps.Keys(places), func(a, b string) int {
		if d := len(places[b]) - len(places[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var counts []string
	for _, d := range digests {
		counts = append(counts, fmt.Sprintf("%d × %.19s…", len(places[d]), d))
	}
	p.Report(practice.Note{
		At:      places[digests[len(digests)-1]][0],
		Message: fmt.Sprintf("image %q is not the same in all pods: %s", image, strings.Join(counts, ", ")),
		Leads:   "the pods of one workload behave differently, and which of them does what changes with every restart",
		Fix:     "deploy the digest that is wanted, and have the registry refuse to overwrite tags",
		Cause:   "image " + image,
	})
}
