package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/internal/source"
)

// isPath tells a path from the name of an Application: what exists on disk or is spelled like a path is one.
func isPath(arg string) bool {
	if strings.HasPrefix(arg, ".") || filepath.IsAbs(arg) {
		return true
	}
	_, err := os.Stat(arg)
	return err == nil
}

// applicationKey takes NAME or NAMESPACE/NAME.
func applicationKey(arg, namespace string) types.NamespacedName {
	if ns, name, ok := strings.Cut(arg, "/"); ok {
		return types.NamespacedName{Namespace: ns, Name: name}
	}
	return types.NamespacedName{Namespace: namespace, Name: arg}
}

// findApplication reads an Application. A bare name that isn't in the namespace at hand is looked for in all.
func findApplication(ctx context.Context, api client.Client, arg, namespace string) (*v1alpha1.Application, error) {
	key := applicationKey(arg, namespace)
	found := &v1alpha1.Application{}
	err := api.Get(ctx, key, found)
	if err == nil {
		return found, nil
	}
	if meta.IsNoMatchError(err) {
		return nil, notInstalled()
	}
	if !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("read application %s: %w", key, err)
	}
	var all v1alpha1.ApplicationList
	if listErr := api.List(ctx, &all); listErr != nil {
		return nil, fmt.Errorf("read application %s: %w", key, err)
	}
	var matches []*v1alpha1.Application
	var names []string
	for i := range all.Items {
		a := &all.Items[i]
		names = append(names, a.Namespace+"/"+a.Name)
		if a.Name == arg {
			matches = append(matches, a)
		}
	}
	switch len(matches) {
	case 1:
		return matches[0], nil
	case 0:
		next := "there are none yet; deliver a path: fairlead sync ./k8s"
		if len(names) > 0 {
			next = "there are: " + strings.Join(names, ", ")
		}
		return nil, hint.With(fmt.Errorf("no application and no path is called %q", arg), next)
	}
	return nil, hint.With(fmt.Errorf("several applications are called %q", arg), "name its namespace too: NAMESPACE/"+arg)
}

func notInstalled() error {
	return hint.With(fmt.Errorf("this cluster has no Fairlead Applications"),
		"plain paths work without: fairlead sync ./k8s; to install them: kubectl apply --server-side -f deploy/crds")
}

// localSpec is the Spec of a plain path.
func localSpec(path, namespace string) deliver.Spec {
	return deliver.Spec{
		Source:    deliver.LocalSource(path),
		Namespace: namespace,
		Render:    render.Options{Helm: render.Helm{Namespace: namespace}},
	}
}

// applicationSpec is the Spec of an Application as the controller would make it, with the person's own rights.
func applicationSpec(ctx context.Context, api client.Client, app *v1alpha1.Application, store *source.Store) (deliver.Spec, error) {
	auth, err := controller.Auth(ctx, api, app)
	if err != nil {
		return deliver.Spec{}, err
	}
	repo, err := store.Repo(app.Spec.Source.Git.URL, auth, source.Limits{})
	if err != nil {
		return deliver.Spec{}, err
	}
	path := app.Spec.Source.Git.Path
	if path == "" {
		path = "."
	}
	return controller.Spec(app, deliver.GitSource{Repo: repo, Ref: controller.Ref(app), Path: path})
}

// worded is an error whose paths are those that the person typed.
type worded struct {
	error
	text string
}

func (w worded) Error() string { return w.text }
func (w worded) Unwrap() error { return w.error }

// inWords puts the paths of an error, and of its next step, as the person knows them.
func inWords(report *deliver.Report, err error) error {
	if err == nil {
		return nil
	}
	said := error(worded{err, report.Words(err.Error())})
	if next := hint.Of(err); next != "" {
		said = hint.With(said, report.Words(next))
	}
	return said
}

// mirrorDir keeps the mirrors of repositories between calls; losing it costs a fetch.
func mirrorDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", hint.With(fmt.Errorf("find a cache directory: %w", err), "set XDG_CACHE_HOME or HOME")
	}
	return filepath.Join(cache, "fairlead", "mirrors"), nil
}

// completeTargets offers Applications beside the shell's own completion of paths.
func (a *app) completeTargets(withPaths bool) cobra.CompletionFunc {
	directive := cobra.ShellCompDirectiveNoFileComp
	if withPaths {
		directive = cobra.ShellCompDirectiveDefault
	}
	return func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		api, _, err := a.connection.resources()
		if err != nil {
			return nil, directive
		}
		var all v1alpha1.ApplicationList
		if err := api.List(cmd.Context(), &all); err != nil {
			return nil, directive
		}
		var names []string
		for _, app := range all.Items {
			if strings.HasPrefix(app.Name, prefix) {
				names = append(names, app.Name+"\t"+app.Spec.Source.Git.Path)
			}
		}
		return names, directive
	}
}
