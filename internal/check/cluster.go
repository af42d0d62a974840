package check

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Live is a running cluster to judge.
type Live struct {
	Client    *cluster.Client
	Namespace string // "" for all
	Name      string // of the scope
	// Git reads what the config repositories say of what runs; what it can't read is among what it has passed over. It is
	// asked only for practices that compare with it, and may be nil.
	Git func(context.Context) *Declared
}

// Declared is what the config repositories say.
type Declared struct {
	manifest.Set
	By map[manifest.ID]practice.Delivered // who says it; their Origin is that of the object
}

// unit lists what is in the cluster.
func (l *Live) unit(ctx context.Context, practices []*practice.Practice) (*unit, error) {
	listing, err := l.Client.List(ctx, l.Namespace)
	if err != nil {
		return nil, err
	}
	if len(listing.Objects) == 0 && len(listing.Unread) > 0 {
		return nil, hint.With(fmt.Errorf("list what is in API server %s: %s: %s", l.Client.Host(), listing.Unread[0].Kind, listing.Unread[0].Reason),
			"ask for the right to get and list, such as the ClusterRole view, or name a namespace with -n")
	}
	u := &unit{tree: &tree{fsys: embed.FS{}, show: func(name string) string { return name }}, name: l.Name, kind: Cluster, isNamespace: l.Namespace != ""}
	systems := 0
	for _, o := range listing.Objects {
		object := &manifest.Object{Unstructured: o}
		u.objects = append(u.objects, object)
		if l.Namespace == "" && isSystems(object) {
			systems++
		}
	}
	if l.Git != nil && slices.ContainsFunc(practices, func(p *practice.Practice) bool { return p.ReadsGit }) {
		if err := u.compareWith(ctx, l.Client, l.Git(ctx), listing); err != nil {
			return nil, err
		}
	}
	for _, unread := range listing.Unread {
		u.skipped = append(u.skipped, manifest.Skipped{Path: unread.Kind, Reason: unread.Reason})
	}
	if systems > 0 {
		u.skipped = append(u.skipped, manifest.Skipped{Path: fmt.Sprintf("%d objects", systems), Reason: "Kubernetes' own, counted for what refers to them: name kube-system with -n to have it checked"})
	}
	return u, nil
}

// compareWith notes what git says of the objects that were listed, and of those that have gone.
func (u *unit) compareWith(ctx context.Context, api *cluster.Client, said *Declared, listing *cluster.Listing) error {
	versions := map[manifest.ID]string{}
	for _, o := range u.objects {
		versions[o.ID()] = o.GetAPIVersion()
	}
	u.skipped = append(u.skipped, said.Skipped...)
	u.by = said.By
	u.git = make(map[manifest.ID]*manifest.Object, len(said.Objects))
	for _, o := range said.Objects {
		id := o.ID()
		version, isListed := versions[id]
		if !isListed && !isGone(ctx, api, o) {
			continue // not all kinds are listed, and not what controllers own
		}
		if isListed && version != o.GetAPIVersion() {
			u.skipped = append(u.skipped, manifest.Skipped{Path: id.String(), Reason: "not compared with git: it is written there as another version of its kind than the server prefers"})
		}
		o.Unstructured = *listing.Desired(&o.Unstructured)
		u.git[id] = o
	}
	return ctx.Err()
}

// isGone asks for a single object. What can't be told isn't gone.
func isGone(ctx context.Context, api *cluster.Client, o *manifest.Object) bool {
	mapping, err := api.Mapping(o.GroupVersionKind())
	if err != nil {
		return false
	}
	live, err := api.Get(ctx, mapping, o.GetNamespace(), o.GetName())
	return err == nil && live == nil
}

// isSystems says that an object is the cluster's own: whoever runs workloads in it can't mend it.
func isSystems(o *manifest.Object) bool {
	switch namespace := o.GetNamespace(); {
	case namespace == "kube-system", namespace == "kube-public", namespace == "kube-node-lease":
		return true
	case namespace != "":
		return o.GetName() == "kube-root-ca.crt" || namespace == "default" && o.GetName() == "kubernetes"
	}
	_, isBootstrapped := o.GetLabels()["kubernetes.io/bootstrapping"]
	group := o.GroupVersionKind().Group
	return isBootstrapped || strings.HasPrefix(o.GetName(), "system:") || strings.HasPrefix(o.GetName(), "kube-") ||
		group == "flowcontrol.apiserver.k8s.io" || group == "apiregistration.k8s.io" || o.GetKind() == "Node"
}

// mendable leaves out what is said of Kubernetes' own objects, and of a pod what is said of its workload too.
func (u *unit) mendable(findings []practice.Finding) []practice.Finding {
	foreign, owned := map[manifest.ID]bool{}, map[manifest.ID]bool{}
	for _, o := range u.objects {
		foreign[o.ID()] = !u.isNamespace && isSystems(o)
		owned[o.ID()] = metav1.GetControllerOfNoCopy(o) != nil
	}
	type said struct{ practice, namespace, message string }
	of := func(f practice.Finding) said {
		return said{f.Practice, f.Object.Namespace, strings.ReplaceAll(f.Message, f.Object.String(), "")}
	}
	ofWorkload := map[said]bool{}
	for _, f := range findings {
		if !owned[f.Object] {
			ofWorkload[of(f)] = true
		}
	}
	return slices.DeleteFunc(findings, func(f practice.Finding) bool {
		return foreign[f.Object] || owned[f.Object] && ofWorkload[of(f)]
	})
}
