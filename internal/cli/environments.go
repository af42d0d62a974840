package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

func (a *app) environments() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "compare ENV_A ENV_B",
		Short: "Which images and versions differ between two environments",
		Long: `Show which images and versions differ between two environments. Each is one of
  PATH                    what a path makes
  APP                     what was delivered of an Application, as git has it
  ns:NAME                 what runs in a namespace
  context:CONTEXT[/NAME]  what runs in another cluster of the kubeconfig, or in
                          one of its namespaces

A workload is the same in both if its kind and name are, and also its namespace
where there are several.

Exit codes: 0 the same · 1 they differ · 2 could not answer.`,
		Example: `  fairlead compare envs/staging envs/production
  fairlead compare shop-staging shop
  fairlead compare ns:staging ns:shop
  fairlead compare context:staging/shop context:production/shop -o json`,
		Args:              atMost(2),
		ValidArgsFunction: a.completeTargets(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return hint.With(errors.New("name two environments"), "fairlead compare envs/staging envs/production")
			}
			return a.runCompare(cmd.Context(), args[0], args[1], all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "show also what is the same")
	a.addOutput(cmd)
	return cmd
}

// runningImage is one of a workload.
type runningImage struct {
	namespace, workload, image string
}

// environment has the versions of each image; a workload may run one in several.
type environment map[runningImage][]string

// differenceJSON is the stable JSON form of an image in two environments (docs/cli.md).
type differenceJSON struct {
	Namespace string   `json:"namespace,omitempty"`
	Workload  string   `json:"workload"`
	Image     string   `json:"image"`
	A         []string `json:"a"` // versions; none if it isn't there
	B         []string `json:"b"`
	Same      bool     `json:"same"`
}

func (a *app) runCompare(ctx context.Context, left, right string, all bool) error {
	var found [2]environment
	for i, name := range []string{left, right} {
		set, err := a.environment(ctx, name)
		if err != nil {
			return err
		}
		found[i] = versionsIn(set)
	}
	if !found[0].hasSeveral() || !found[1].hasSeveral() {
		found[0], found[1] = found[0].withoutNamespaces(), found[1].withoutNamespaces()
	}
	differences, isSame := between(found[0], found[1], all)
	switch {
	case a.json():
		if err := a.printJSON(differences); err != nil {
			return err
		}
	case len(differences) == 0:
		fmt.Fprintf(a.out, "%s the same versions of %s in both\n", a.style.good.Render("✓"), plural(len(found[0]), "image"))
	default:
		a.printDifferences(differences, left, right)
	}
	return yesOrNo(isSame)
}

// between lists what differs, and with all what is the same, too.
func between(left, right environment, all bool) (_ []differenceJSON, isSame bool) {
	both := maps.Clone(left)
	maps.Copy(both, right)
	out, isSame := []differenceJSON{}, true
	for _, key := range slices.SortedFunc(maps.Keys(both), func(x, y runningImage) int {
		return cmp.Or(cmp.Compare(x.namespace, y.namespace), cmp.Compare(x.workload, y.workload), cmp.Compare(x.image, y.image))
	}) {
		d := differenceJSON{key.namespace, key.workload, key.image, orEmpty(left[key]), orEmpty(right[key]), slices.Equal(left[key], right[key])}
		isSame = isSame && d.Same
		if all || !d.Same {
			out = append(out, d)
		}
	}
	return out, isSame
}

func (a *app) printDifferences(all []differenceJSON, left, right string) {
	hasNamespaces := slices.ContainsFunc(all, func(d differenceJSON) bool { return d.Namespace != "" })
	var rows [][]string
	for _, d := range all {
		versions := func(v []string) string {
			if len(v) == 0 {
				return "not there"
			}
			return harmless(strings.Join(slices.Collect(func(yield func(string) bool) {
				for _, one := range v {
					if !yield(cmp.Or(one, "no tag")) {
						return
					}
				}
			}), ", "))
		}
		row := []string{harmless(d.Workload), harmless(d.Image), versions(d.A), versions(d.B)}
		if !d.Same {
			row[3] = a.style.warn.Render(row[3])
		}
		if hasNamespaces {
			row = append([]string{harmless(d.Namespace)}, row...)
		}
		rows = append(rows, row)
	}
	header := []string{"WORKLOAD", "IMAGE", harmless(left), harmless(right)}
	if hasNamespaces {
		header = append([]string{"NAMESPACE"}, header...)
	}
	a.table(header, rows)
}

// environment is what an argument names.
func (a *app) environment(ctx context.Context, arg string) (*manifest.Set, error) {
	if namespace, ok := strings.CutPrefix(arg, "ns:"); ok {
		return a.connection.running(ctx, namespace)
	}
	if where, ok := strings.CutPrefix(arg, "context:"); ok {
		other := a.connection
		var namespace string
		other.context, namespace, _ = strings.Cut(where, "/")
		return other.running(ctx, namespace)
	}
	if isPath(arg) {
		snapshot, path, err := deliver.LocalSource(arg).Fetch(ctx)
		if err != nil {
			return nil, inWords(nil, err)
		}
		r, err := render.Render(ctx, snapshot.FS(), path, render.Options{Helm: render.Helm{Namespace: a.connection.namespace}})
		if err != nil {
			return nil, err
		}
		return r.Set, nil
	}
	return a.delivered(ctx, arg)
}

// delivered is what was delivered of an Application last, as git has it.
func (a *app) delivered(ctx context.Context, arg string) (*manifest.Set, error) {
	d, err := a.site()
	if err != nil {
		return nil, err
	}
	defer d.close()
	found, err := d.find(ctx, arg)
	if err != nil {
		return nil, norPath(arg, err)
	}
	snapshot, err := controller.SnapshotDelivered(ctx, d.Logins, d.Store, found)
	if err != nil {
		return nil, err
	}
	set, err := d.Delivered(ctx, found, snapshot)
	return set, inWords(nil, err)
}

// workloadKinds are those whose images are compared; what one of them has made counts as its own.
var workloadKinds = []schema.GroupVersionKind{
	{Group: "apps", Version: "v1", Kind: "Deployment"}, {Group: "apps", Version: "v1", Kind: "StatefulSet"}, {Group: "apps", Version: "v1", Kind: "DaemonSet"},
	{Group: "batch", Version: "v1", Kind: "CronJob"}, {Group: "batch", Version: "v1", Kind: "Job"}, {Version: "v1", Kind: "Pod"},
}

// running are the workloads of a namespace, or of all of them.
func (c *connection) running(ctx context.Context, namespace string) (*manifest.Set, error) {
	api, _, err := c.resources()
	if err != nil {
		return nil, err
	}
	set := &manifest.Set{}
	for _, kind := range workloadKinds {
		var list unstructured.UnstructuredList
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil {
			return nil, unreadable("list "+kind.Kind+"s", err)
		}
		for i := range list.Items {
			if metav1.GetControllerOf(&list.Items[i]) == nil {
				set.Objects = append(set.Objects, &manifest.Object{Unstructured: list.Items[i]})
			}
		}
	}
	if len(set.Objects) == 0 {
		return nil, hint.With(fmt.Errorf("nothing runs in %s", cmp.Or(namespace, "the cluster")), "see: kubectl get namespaces")
	}
	return set, nil
}

func versionsIn(set *manifest.Set) environment {
	e := environment{}
	for _, o := range set.Objects {
		for _, ref := range update.ReferencesOf(o) {
			image, version := update.CutReference(ref)
			key := runningImage{o.GetNamespace(), o.GetKind() + "/" + o.GetName(), image}
			if !slices.Contains(e[key], version) {
				e[key] = append(e[key], version)
			}
		}
	}
	for key := range e {
		slices.Sort(e[key])
	}
	return e
}

// hasSeveral says whether workloads are of more than one namespace.
func (e environment) hasSeveral() bool {
	seen := map[string]bool{}
	for key := range e {
		seen[key.namespace] = true
	}
	return len(seen) > 1
}

func (e environment) withoutNamespaces() environment {
	out := environment{}
	for key, versions := range e {
		key.namespace = ""
		out[key] = slices.Compact(slices.Sorted(slices.Values(append(out[key], versions...))))
	}
	return out
}
