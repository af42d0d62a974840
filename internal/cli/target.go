package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/deliver"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/render"
	"github.com/fairlead-dev/fairlead/practices"
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
	if !apierrors.IsNotFound(err) {
		return nil, unreadable("read application "+key.String(), err)
	}
	all, listErr := listApplications(ctx, api, "")
	if listErr != nil { // often not allowed
		return nil, hint.With(notThere(fmt.Sprintf("no application is called %q in the namespace %s", key.Name, key.Namespace)), "name another one: NAMESPACE/"+key.Name)
	}
	var matches []*v1alpha1.Application
	var names []string
	for i := range all {
		names = append(names, all[i].Namespace+"/"+all[i].Name)
		if all[i].Name == arg {
			matches = append(matches, &all[i])
		}
	}
	switch len(matches) {
	case 1:
		return matches[0], nil
	case 0:
		next := "there are none yet; deliver a path: fairlead sync ./k8s"
		if len(names) > 0 {
			next = "there are: " + strings.Join(shorten(names, mostOffered), ", ")
		}
		return nil, hint.With(notThere(fmt.Sprintf("no application is called %q", arg)), next)
	}
	return nil, hint.With(fmt.Errorf("several applications are called %q", arg), "name its namespace too: NAMESPACE/"+arg)
}

// mostOffered is how many names are offered to who typed a wrong one.
const mostOffered = 8

// notThere says why there is no such Application.
type notThere string

func (n notThere) Error() string { return string(n) }

// norPath adds that there is no such path either, for commands that take both.
func norPath(arg string, err error) error {
	if _, ok := errors.AsType[notThere](err); !ok {
		return err
	}
	return hint.With(fmt.Errorf("there is no path %s here, and %w", arg, err), hint.Of(err))
}

// localSpec is the Spec of a plain path.
func localSpec(path, namespace string) deliver.Spec {
	return deliver.Spec{
		Source:    deliver.LocalSource(path),
		Namespace: namespace,
		Render:    render.Options{Helm: render.Helm{Namespace: namespace}},
		Gate:      deliver.Gate{Practices: practices.All},
	}
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
	said, next := error(worded{err, report.Words(err.Error())}), report.Words(hint.Of(err))
	if next == "" && errors.Is(err, fs.ErrNotExist) {
		next = "check the path: it is taken from the directory you are in"
	}
	if next == "" {
		return said
	}
	return hint.With(said, next)
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
				names = append(names, app.Name+"\t"+controller.Path(&app))
			}
		}
		return names, directive
	}
}
