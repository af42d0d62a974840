package controller

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/notify"
	"github.com/fairlead-dev/fairlead/manifest"
)

// unmanagedPace is how often what is looked at.
type unmanagedPace struct {
	tick     time.Duration // how soon a namespace is listed for the first time
	interval time.Duration // how often it is listed: it is read whole, so it is not often
	age      time.Duration // what an object must have to be told of: until then it may be on its way into an inventory, or gone
}

var usualPace = unmanagedPace{15 * time.Second, time.Hour, 5 * time.Minute}

// mostUnmanaged objects are told of by name.
const mostUnmanaged = 20

var unmanagedObjects = prometheus.NewGaugeVec(prometheus.GaugeOpts{
	Name: "fairlead_unmanaged_objects", Help: "Objects that are in no application, in the namespaces of those that ask for it.",
}, []string{"namespace"})

// unmanaged tells of what no source has, in the namespaces of the applications that ask for it.
type unmanaged struct {
	*reconciler
	pace   unmanagedPace
	listed map[string]time.Time // namespaces, and when
}

// Start looks until ctx ends, in the replica that leads.
func (u *unmanaged) Start(ctx context.Context) error {
	tick := time.NewTicker(u.pace.tick)
	defer tick.Stop()
	for {
		if err := u.round(ctx); err != nil && ctx.Err() == nil {
			u.log.Warn("unmanaged objects not looked for", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// round lists the namespaces whose turn it is.
func (u *unmanaged) round(ctx context.Context) error {
	var all v1alpha1.ApplicationList
	if err := u.List(ctx, &all, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	asked := askedNamespaces(all.Items)
	for namespace := range u.listed {
		if _, is := asked[namespace]; !is {
			delete(u.listed, namespace)
			unmanagedObjects.DeleteLabelValues(namespace)
			u.tell(namespace, types.NamespacedName{}, nil)
		}
	}
	var managed map[manifest.ID]bool // made when it is needed: it has all objects of all applications
	for namespace, by := range asked {
		if time.Since(u.listed[namespace]) < u.pace.interval {
			continue
		}
		if managed == nil {
			managed = managedBy(all.Items)
		}
		if err := u.list(ctx, namespace, by, managed); err != nil {
			return err
		}
		u.listed[namespace] = time.Now()
	}
	return nil
}

// askedNamespaces are those that are to be looked at, each with the first of the applications that ask for it.
func askedNamespaces(apps []v1alpha1.Application) map[string]types.NamespacedName {
	asked := map[string]types.NamespacedName{}
	for i := range apps {
		app := &apps[i]
		if app.Spec.Drift.Unmanaged != v1alpha1.UnmanagedAlert || isWildcard(Path(app)) {
			continue
		}
		name := client.ObjectKeyFromObject(app)
		for _, o := range app.Status.Inventory {
			first, is := asked[o.Namespace]
			if o.Namespace == "" || strings.HasPrefix(o.Namespace, "kube-") || is && first.String() <= name.String() {
				continue
			}
			asked[o.Namespace] = name
		}
	}
	return asked
}

func managedBy(apps []v1alpha1.Application) map[manifest.ID]bool {
	managed := map[manifest.ID]bool{}
	for i := range apps {
		for _, o := range apps[i].Status.Inventory {
			managed[manifest.ID(o)] = true
		}
	}
	return managed
}

func (u *unmanaged) list(ctx context.Context, namespace string, by types.NamespacedName, managed map[manifest.ID]bool) error {
	listing, err := u.api.List(ctx, namespace)
	if err != nil {
		return err
	}
	for _, kind := range listing.Unread {
		u.log.Debug("kind not looked at for unmanaged objects", slog.String("namespace", namespace), slog.String("kind", kind.Kind), slog.String("reason", kind.Reason))
	}
	found := cluster.UnmanagedIn(listing, func(id manifest.ID) bool { return managed[id] })
	found = slices.DeleteFunc(found, func(o cluster.Unmanaged) bool { return time.Since(o.By.At) < u.pace.age })
	unmanagedObjects.WithLabelValues(namespace).Set(float64(len(found)))
	u.tell(namespace, by, found)
	return nil
}

// tell makes one incident of all that a namespace has.
func (u *unmanaged) tell(namespace string, by types.NamespacedName, found []cluster.Unmanaged) {
	e := notify.Event{
		Kind: notify.Unmanaged, Severity: notify.Warning, Application: by.String(), Incident: "namespace/" + namespace + "/unmanaged", When: time.Now(),
		Next: fmt.Sprintf("fairlead drift --unmanaged -n %s; with -o yaml it writes manifests for git", namespace),
	}
	if len(found) == 0 {
		e.Resolved, e.What = true, "all of it is in git, or gone"
		u.hub.Emit(e)
		return
	}
	e.Title = fmt.Sprintf("%s in namespace %s in no git source", plural(len(found), "object"), namespace)
	var what, who []string
	for _, o := range found[:min(len(found), mostUnmanaged)] {
		line := fmt.Sprintf("%s, made %s", o.ID, o.By.At.Format("2006-01-02 15:04 UTC"))
		if o.By.Manager != "" {
			line += " by " + o.By.Manager
			who = append(who, o.By.Manager)
		}
		what, e.Objects = append(what, line), append(e.Objects, o.ID.String())
	}
	if more := len(found) - len(what); more > 0 {
		what = append(what, fmt.Sprintf("and %d more", more))
	}
	e.What, e.Who = strings.Join(what, "\n"), strings.Join(unique(who), ", ")
	u.hub.Emit(e)
}
