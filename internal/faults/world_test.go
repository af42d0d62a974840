package faults

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/deploy"
	"github.com/fairlead-dev/fairlead/internal/apply"
	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
	"github.com/fairlead-dev/fairlead/manifest"
)

const (
	repository = "config"
	gone       = "\x00gone" // in place of a file's content: it is removed
)

// files maps the path of a file to its content.
type files map[string]string

// world is one case's own: a namespace, a repository, a controller, and proxies between them. The API server is shared.
type world struct {
	*testing.T
	api       client.Client // not through the proxy
	config    *rest.Config
	namespace string
	git       *gitserver.Server
	toAPI     *Proxy
	toGit     *Proxy
	mirrors   string
	process   *process

	bound time.Duration // for anything to come right

	pushed []commit
}

// commit is one that was pushed, with all files there were then.
type commit struct {
	hash     string
	formerly string // its hash before history was rewritten
	tree     files
}

func newWorld(t *testing.T) *world {
	t.Helper()
	config := sandboxtest.StartWithNodes(t)
	return newWorldOn(t, config, sandboxtest.Namespace(t))
}

func newWorldOn(t *testing.T, config *rest.Config, namespace string) *world {
	t.Helper()
	api, err := client.New(config, client.Options{Scheme: controller.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, api: api, config: config, namespace: namespace, mirrors: t.TempDir(), bound: time.Minute}
	installCRDs(t, config)
	w.git = gitserver.New(t.TempDir(), gitserver.Options{})
	if err := w.git.Create(repository); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.git)
	t.Cleanup(server.Close)
	if w.toGit, err = Start(Options{Server: server.URL}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.toGit.Close)
	if w.toAPI, err = StartAPI(config, namespace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.toAPI.Close)
	return w
}

// run starts the controller.
func (w *world) run() {
	w.Helper()
	kubeconfig := filepath.Join(w.TempDir(), "kubeconfig")
	if err := w.toAPI.WriteKubeconfig(kubeconfig); err != nil {
		w.Fatal(err)
	}
	w.process = newProcess(w.T, kubeconfig, w.namespace, w.mirrors)
}

var installing sync.Mutex

// installCRDs applies Fairlead's own kinds. It costs nothing when they are there.
func installCRDs(t *testing.T, config *rest.Config) {
	t.Helper()
	installing.Lock()
	defer installing.Unlock()
	c, err := cluster.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := apply.NewPlan(t.Context(), c, deploy.Kinds(), apply.Target{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range apply.Run(t.Context(), c, plan, apply.Options{}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
	}
}

// push commits changes. Nobody is told: the interval finds it.
func (w *world) push(changes files) {
	w.Helper()
	w.replace(w.changed(changes))
}

// changed is what was pushed last, with changes.
func (w *world) changed(changes files) files {
	tree := files{}
	if len(w.pushed) > 0 {
		tree = maps.Clone(w.pushed[len(w.pushed)-1].tree)
	}
	maps.Copy(tree, changes)
	maps.DeleteFunc(tree, func(_, text string) bool { return text == gone })
	return tree
}

// replace commits a whole tree.
func (w *world) replace(tree files) {
	w.Helper()
	c := gitserver.Commit{Replace: true, Message: fmt.Sprint("change ", len(w.pushed)+1)}
	w.pushed = append(w.pushed, commit{hash: w.commit(c, tree), tree: tree})
}

// forgetPush takes the last commit off what should be delivered.
func (w *world) forgetPush() { w.pushed = w.pushed[:len(w.pushed)-1] }

func (w *world) commit(c gitserver.Commit, tree files) (hash string) {
	w.Helper()
	c.Files = map[string][]byte{}
	for name, text := range tree {
		c.Files[name] = []byte(text)
	}
	hash, err := w.git.Commit(w.Context(), repository, c)
	if err != nil {
		w.Fatal(err)
	}
	return hash
}

// application makes an Application of a directory in git.
func (w *world) application(name string) {
	w.Helper()
	w.applicationOf(name, v1alpha1.Source{Git: &v1alpha1.GitSource{
		URL: w.toGit.URL() + "/" + repository + ".git", Ref: v1alpha1.GitRef{Branch: "main"}, Path: name,
	}})
}

// applicationOf makes an Application, which looks at its source every second.
func (w *world) applicationOf(name string, from v1alpha1.Source) {
	w.Helper()
	app := &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name}}
	app.Spec.Source = from
	app.Spec.Destination.Namespace = w.namespace
	app.Spec.Sync.Interval = &metav1.Duration{Duration: time.Second}
	if err := w.api.Create(w.Context(), app); err != nil {
		w.Fatal(err)
	}
}

func (w *world) get(name string) (*v1alpha1.Application, error) {
	app := &v1alpha1.Application{}
	err := w.api.Get(w.Context(), types.NamespacedName{Namespace: w.namespace, Name: name}, app)
	return app, err
}

// until waits until nothing is amiss.
func (w *world) until(what string, met func() error) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), w.bound)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := met()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.Fatalf("%s: not within %s: %v", what, w.bound, err)
		}
	}
}

// says waits for the Synced condition to have a reason, and for it or a problem to have the texts.
func (w *world) says(name, reason string, texts ...string) {
	w.Helper()
	w.until("the status tells", func() error {
		app, err := w.get(name)
		if err != nil {
			return err
		}
		c := meta.FindStatusCondition(app.Status.Conditions, v1alpha1.ConditionSynced)
		if c == nil || c.Reason != reason {
			return fmt.Errorf("want %s, have %+v", reason, c)
		}
		all := c.Message
		for _, p := range app.Status.Problems {
			all += "\n" + p.Object + ": " + p.Message + " → " + p.Next
		}
		for _, text := range texts {
			if !strings.Contains(all, text) {
				return fmt.Errorf("want %q in:\n%s", text, all)
			}
		}
		return nil
	})
}

// untilNotSynced waits until all of the applications say that they are not.
func (w *world) untilNotSynced(names ...string) {
	w.Helper()
	for _, name := range names {
		w.until(name+" is not synced", func() error {
			app, err := w.get(name)
			if err == nil && !meta.IsStatusConditionFalse(app.Status.Conditions, v1alpha1.ConditionSynced) {
				err = fmt.Errorf("it says %+v", app.Status.Conditions)
			}
			return err
		})
	}
}

// of are the files of one directory.
func (f files) of(dir string) files {
	found := maps.Clone(f)
	maps.DeleteFunc(found, func(file, _ string) bool { return filepath.Dir(file) != dir })
	return found
}

// objects reads the manifests of an application's directory as they should be live.
func (w *world) objects(tree files, name string) []*unstructured.Unstructured {
	w.Helper()
	var all []*unstructured.Unstructured
	for file, text := range tree.of(name) {
		set := manifest.Read(file, []byte(text))
		if len(set.Problems) > 0 {
			w.Fatal(set.Problems[0])
		}
		for _, o := range set.Objects {
			u := o.DeepCopy()
			if u.GetNamespace() == "" && u.GetKind() != "CustomResourceDefinition" {
				u.SetNamespace(w.namespace)
			}
			all = append(all, u)
		}
	}
	return all
}

// repositoryDir is where the repository is, for those who meddle.
func (w *world) repositoryDir() string {
	w.Helper()
	dir, err := w.git.Dir(repository)
	if err != nil {
		w.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		w.Fatal(err)
	}
	return dir
}
