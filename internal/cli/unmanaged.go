package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/cluster"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/update"
	"github.com/fairlead-dev/fairlead/manifest"
)

// runUnmanaged lists what is in the namespaces of Applications and in none of these.
func (a *app) runUnmanaged(ctx context.Context) error {
	api, _, err := a.connection.cluster()
	if err != nil {
		return err
	}
	resources, _, err := a.connection.resources()
	if err != nil {
		return err
	}
	apps, err := listApplications(ctx, resources, "")
	if err != nil {
		return err
	}
	owned, namespaces := map[manifest.ID]bool{}, []string{}
	for i := range apps {
		for _, ref := range apps[i].Status.Inventory {
			owned[manifest.ID(ref)] = true
			if ref.Namespace != "" {
				namespaces = append(namespaces, ref.Namespace)
			}
		}
	}
	if a.connection.namespace != "" {
		namespaces = []string{a.connection.namespace}
	}
	slices.Sort(namespaces)
	namespaces = slices.Compact(namespaces)
	var found []cluster.Unmanaged
	unread := map[string]string{}
	for _, namespace := range namespaces {
		listing, err := api.List(ctx, namespace)
		if err != nil {
			return err
		}
		found = append(found, cluster.UnmanagedIn(listing, func(id manifest.ID) bool { return owned[id] })...)
		for _, u := range listing.Unread {
			unread[u.Kind] = u.Reason
		}
	}
	if err := a.printUnmanaged(ctx, api, found, plural(len(namespaces), "namespace")); err != nil {
		return err
	}
	for kind, reason := range unread {
		return hint.With(fmt.Errorf("%s: %s: there may be more", kind, reason), "ask for the right to list them")
	}
	return yesOrNo(len(found) == 0)
}

func (a *app) printUnmanaged(ctx context.Context, api *cluster.Client, found []cluster.Unmanaged, where string) error {
	switch {
	case a.json():
		if found == nil {
			found = []cluster.Unmanaged{}
		}
		return a.printJSON(found)
	case a.output == "yaml":
		return a.exportUnmanaged(ctx, api, found)
	case len(found) == 0:
		fmt.Fprintf(a.err, "%s nothing in %s that no Application has\n", a.style.good.Render("✓"), where)
		return nil
	}
	rows := make([][]string, len(found))
	for i, u := range found {
		by := u.By.Manager
		if by == "" {
			by = "unknown"
		}
		rows[i] = []string{u.ID.Namespace, u.ID.Kind, u.ID.Name, by, u.By.At.Format("2006-01-02 15:04") + " UTC"}
	}
	for _, row := range rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
	}
	a.table([]string{"NAMESPACE", "KIND", "NAME", "MADE BY", "AT"}, rows)
	fmt.Fprintf(a.err, "%s in no Application; as manifests for git: -o yaml\n", plural(len(found), "object"))
	return nil
}

// exportUnmanaged writes manifests, each with a comment of where it is from.
func (a *app) exportUnmanaged(ctx context.Context, api *cluster.Client, found []cluster.Unmanaged) error {
	for i, u := range found {
		clean, err := api.WithoutDefaults(ctx, cluster.Clean(&u.Object))
		if err != nil {
			return err
		}
		text, err := yaml.Marshal(clean.Object)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(a.out, "---")
		}
		if who := update.Who(u.By); who != "" {
			fmt.Fprintln(a.out, "# made by "+strings.ReplaceAll(harmless(who), "\n", " "))
		}
		if u.ID.Kind == "Secret" && u.ID.Group == "" {
			fmt.Fprintln(a.out, "# its values are left out: put them into git encrypted, or let an ExternalSecret fetch them")
		}
		fmt.Fprint(a.out, string(text))
	}
	return nil
}
