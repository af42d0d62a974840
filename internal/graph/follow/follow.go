// Package follow keeps a graph up to date with what runs: it lists and watches the kinds that say what depends on what, and asks
// now and then which traffic was seen. It only reads.
package follow

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/fairlead-dev/fairlead/internal/graph"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Options of a Follower.
type Options struct {
	Config *rest.Config // whose rights the watches have
	// Namespaces that are watched; nil: all.
	Namespaces []string
	// Traffic tells what was seen of late; nil: nobody looks.
	Traffic func(context.Context) ([]graph.Traffic, error)
	Log     *slog.Logger
}

// Follower has the graph of a cluster.
type Follower struct {
	*graph.Live
	options   Options
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	discovery discovery.DiscoveryInterface
}

// New has a graph that is empty until it is followed.
func New(o Options) (*Follower, error) {
	client, err := dynamic.NewForConfig(o.Config)
	if err != nil {
		return nil, err
	}
	names, err := metadata.NewForConfig(o.Config)
	if err != nil {
		return nil, err
	}
	kinds, err := discovery.NewDiscoveryClientForConfig(o.Config)
	if err != nil {
		return nil, err
	}
	return &Follower{Live: graph.NewDependencies(), options: o, dynamic: client, metadata: names, discovery: kinds}, nil
}

// followed are the resources that the view of dependencies is made of, by their groups.
var followed = map[string][]string{
	"":                          {"services", "configmaps", "pods"},
	"apps":                      {"deployments", "statefulsets", "daemonsets"},
	"batch":                     {"cronjobs", "jobs"},
	"networking.k8s.io":         {"ingresses", "networkpolicies"},
	"argoproj.io":               {"rollouts"},
	"apps.kruise.io":            {"clonesets"},
	"gateway.networking.k8s.io": {"gateways", "httproutes", "grpcroutes", "tcproutes", "tlsroutes", "udproutes", "referencegrants"},
	"networking.istio.io":       {"gateways", "virtualservices", "destinationrules", "serviceentries"},
	"linkerd.io":                {"serviceprofiles"},
	"policy.linkerd.io":         {"httproutes"},
	"split.smi-spec.io":         {"trafficsplits"},
	"traefik.io":                {"ingressroutes", "ingressroutetcps", "ingressrouteudps", "traefikservices"},
}

const (
	lookAgain = 5 * time.Minute // for kinds that have been installed since
	askAgain  = time.Minute     // which traffic was seen
)

// event is what one watch has heard.
type event struct {
	set     []*unstructured.Unstructured
	gone    []manifest.ID
	traffic []graph.Traffic
	seen    bool // traffic was asked for
}

// Follow tells each change of the dependencies until ctx ends, from one goroutine.
func (f *Follower) Follow(ctx context.Context, changed func(graph.Delta)) error {
	ctx, stop := context.WithCancel(ctx)
	var feeds sync.WaitGroup
	defer feeds.Wait()
	defer stop()
	events := make(chan event)
	if f.options.Traffic != nil {
		feeds.Go(func() { f.watchTraffic(ctx, events) })
	}
	feeds.Go(func() { f.watchKinds(ctx, events) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-events:
			deltas := []graph.Delta{f.Delete(e.gone...), f.Set(e.set...)}
			if e.seen {
				deltas = append(deltas, f.Observe(e.traffic))
			}
			for _, d := range deltas {
				if len(d.Set)+len(d.Gone) > 0 {
					changed(d)
				}
			}
		}
	}
}

// watchKinds starts a feed of each kind that is served, and of those that come later.
func (f *Follower) watchKinds(ctx context.Context, events chan<- event) {
	var feeds sync.WaitGroup
	defer feeds.Wait()
	known := map[kind]bool{}
	for ctx.Err() == nil {
		found, err := f.served()
		for _, k := range found {
			if known[k] {
				continue
			}
			known[k] = true
			namespaces := f.options.Namespaces
			if namespaces == nil {
				namespaces = []string{""}
			}
			for _, namespace := range namespaces {
				feed := &feed{from: f.endpoint(k, namespace), kind: k.GroupKind, to: events, known: map[manifest.ID]bool{}}
				feeds.Go(func() { feed.run(ctx) })
			}
		}
		wait := lookAgain
		if err != nil {
			f.options.Log.Warn("find out what is served", "error", err)
			wait = longestWait
		}
		sleep(ctx, wait)
	}
}

// kind is one that the server has, in the version that it prefers.
type kind struct {
	schema.GroupKind
	resource schema.GroupVersionResource
}

func (f *Follower) endpoint(k kind, namespace string) endpoint {
	if k.resource.Resource == "pods" {
		return pods{f.metadata.Resource(k.resource).Namespace(namespace)}
	}
	return whole{f.dynamic.Resource(k.resource).Namespace(namespace)}
}

// served are those of the followed resources. An error says that there may be more.
func (f *Follower) served() (all []kind, err error) {
	lists, err := f.discovery.ServerPreferredResources()
	for _, list := range lists {
		version, parseErr := schema.ParseGroupVersion(list.GroupVersion)
		if parseErr != nil {
			continue
		}
		for _, resource := range list.APIResources {
			if slices.Contains(followed[version.Group], resource.Name) {
				all = append(all, kind{schema.GroupKind{Group: version.Group, Kind: resource.Kind}, version.WithResource(resource.Name)})
			}
		}
	}
	return all, err
}

// watchTraffic asks once a minute. While nobody answers, what was seen last stays.
func (f *Follower) watchTraffic(ctx context.Context, events chan<- event) {
	was := ""
	for ctx.Err() == nil {
		seen, err := f.options.Traffic(ctx)
		switch {
		case err == nil:
			was = ""
			send(ctx, events, event{traffic: seen, seen: true})
		case ctx.Err() == nil && err.Error() != was:
			was = err.Error()
			f.options.Log.Warn("ask which traffic was seen", "error", err, "next", hint.Of(err))
		}
		sleep(ctx, askAgain)
	}
}

func send(ctx context.Context, events chan<- event, e event) {
	select {
	case events <- e:
	case <-ctx.Done():
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
