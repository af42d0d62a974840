package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/corpustest"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

// TestCommentOnABoutique previews, in a repository of other people, another image and a component that is switched on,
// reads the comment, merges, and finds the cluster as foretold.
func TestCommentOnABoutique(t *testing.T) {
	root := corpustest.Dir(t, "online-boutique/kustomize")
	client, err := cluster.NewClient(sandboxtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	pipeline, namespace := &deliver.Pipeline{Client: client}, sandboxtest.Namespace(t)
	spec := func(dir string, inventory []manifest.ID) deliver.Spec {
		return deliver.Spec{
			Application: "shops/boutique", Source: deliver.LocalSource(dir), Namespace: namespace, Inventory: inventory,
			Prune: deliver.Prune{Enabled: true}, Render: render.Options{},
		}
	}
	deliverIt := func(dir string, inventory []manifest.ID) *deliver.Report {
		r, err := pipeline.Preview(t.Context(), spec(dir, inventory))
		if err != nil {
			t.Fatal(err)
		}
		pipeline.Run(t.Context(), r)
		return r
	}
	main, branch := boutique(t, root), boutique(t, root)
	inventory := deliverIt(main, nil).Inventory()
	rewrite(t, branch, "kustomization.yaml", "# - components/without-loadgenerator", "- components/without-loadgenerator")
	rewrite(t, branch, "kustomization.yaml", "# - components/service-accounts", "- components/network-policies")
	rewrite(t, branch, "base/cartservice.yaml", "cartservice:v", "cartservice:v1")

	foretold, err := pipeline.PreviewMerge(t.Context(), spec(main, inventory), spec(branch, inventory))
	if err != nil {
		t.Fatal(err)
	}
	c := &comparison{name: "shops/boutique", from: "main", to: "cart", sections: []section{{name: "shops/boutique", report: foretold}}}
	comment := strings.ReplaceAll(c.markdown(diffFlags{}), namespace, "NS")
	for _, line := range []string{
		"<!-- fairlead diff shops/boutique -->",
		"Merging `cart` into `main` would do this to the cluster.",
		"| `~` | `Deployment` | `NS/cartservice` | `spec.template.spec.containers[name=server].image` `…vices-demo/cartservice:v0.10.6` → `…ices-demo/cartservice:v10.10.6` | restarts 1 pod |",
		"| `-` | `Deployment` | `NS/loadgenerator` | removed | ends 1 pod |",
		"| `+` | `NetworkPolicy` | `NS/frontend` | new |  |",
		"<details><summary><code>+ NetworkPolicy NS/frontend</code> <code>" + foretoldPlace(foretold, "NetworkPolicy", "frontend") + "</code></summary>",
	} {
		if !slices.Contains(strings.Split(comment, "\n"), line) {
			t.Errorf("this line is missing: %s", line)
		}
	}
	if t.Failed() {
		t.Log(comment)
	}

	done := deliverIt(branch, inventory)
	if diff := cmp.Diff(fates(foretold), fates(done)); diff != "" || len(done.Problems()) > 0 {
		t.Errorf("what was done (-foretold +done):\n%s%v", diff, done.Problems())
	}
	if again := deliverIt(branch, done.Inventory()); !again.Plan.Clean() {
		t.Errorf("after it there is still something to do: %v", fates(again))
	}
}

func foretoldPlace(r *deliver.Report, kind, name string) string {
	for _, c := range r.Plan.Changes {
		if c.ID.Kind == kind && c.ID.Name == name {
			return planPrinter{report: r}.place(c.Origin)
		}
	}
	return ""
}

// fates are what becomes of each object, but for those that stay as they are.
func fates(r *deliver.Report) map[string][]string {
	out := map[string][]string{}
	for _, c := range r.Plan.Changes {
		if c.Action == apply.ActionUnchanged {
			continue
		}
		out[c.ID.String()] = []string{string(c.Action)}
		for _, f := range c.Fields {
			out[c.ID.String()] = append(out[c.ID.String()], f.Path, valueText(f.From), valueText(f.To))
		}
	}
	return out
}

// boutique is a copy of the directory, to be edited.
func boutique(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(root)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func rewrite(t *testing.T, dir, file, old, replacement string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(file))
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s: no %q in it (%v)", file, old, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
}
