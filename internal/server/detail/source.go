package detail

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/controller"
	"github.com/fairlead-dev/fairlead/internal/forge"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/source"
	"github.com/fairlead-dev/fairlead/manifest"
)

// written is where git has an object, and who wrote it there last.
type written struct {
	Where  string `json:"where"` // file:line
	Commit string `json:"commit"`
	Author string `json:"author"`
	URL    string `json:"url"` // of the file in the forge's pages, https or http; "" where the forge isn't known
}

// sourceOf finds where an application's source has an object, at what was delivered; nil if it hasn't.
func (v *view) sourceOf(ctx context.Context, app *v1alpha1.Application, id manifest.ID) (*written, error) {
	if app.Status.Revision == "" {
		return nil, nil
	}
	snapshot, err := controller.SnapshotDelivered(ctx, v.Logins, v.Store, app)
	if err != nil {
		return nil, err
	}
	all, err := v.origins.of(ctx, v.Site, app, snapshot)
	if err != nil {
		return nil, err
	}
	at, found := all[id]
	if !found {
		return nil, nil
	}
	out := &written{Where: cut(at.String()), Commit: snapshot.Revision.Short(), Author: cut(snapshot.Revision.Author)}
	if by, err := snapshot.Blame(ctx, at.Path, at.Line); err == nil {
		out.Commit, out.Author = by.Short(), cut(by.Author)
	}
	if git := app.Spec.Source.Git; git != nil {
		out.URL = pageOf(git.URL, snapshot.Revision.Commit, at)
	}
	return out, nil
}

// pageOf a file in a forge.
func pageOf(repository, commit string, at manifest.Origin) string {
	r, ok := forge.RepositoryOf(repository, "")
	if !ok {
		return ""
	}
	between := map[forge.Kind]string{forge.GitHub: "/blob/" + commit + "/", forge.GitLab: "/-/blob/" + commit + "/", forge.Gitea: "/src/commit/" + commit + "/", forge.Bitbucket: "/src/" + commit + "/"}[r.Kind]
	page, err := url.Parse(r.String())
	if err != nil || between == "" || page.Scheme != "https" && page.Scheme != "http" {
		return ""
	}
	page.Path = strings.TrimSuffix(page.Path, "/") + between + at.Path
	if at.Line > 0 && r.Kind != forge.Bitbucket {
		page.Fragment = fmt.Sprintf("L%d", at.Line)
	}
	return page.String()
}

// origins remembers where some sources have their objects: to know it, all of an application is rendered.
type origins struct {
	mu    sync.Mutex
	known map[string]map[manifest.ID]manifest.Origin
}

const mostOrigins = 16 // applications that are remembered at once

func newOrigins() *origins { return &origins{known: map[string]map[manifest.ID]manifest.Origin{}} }

func (o *origins) of(ctx context.Context, site *operate.Site, app *v1alpha1.Application, at *source.Snapshot) (map[manifest.ID]manifest.Origin, error) {
	key := fmt.Sprintf("%s %d %s", app.UID, app.Generation, at.Revision.Commit)
	o.mu.Lock()
	all, found := o.known[key]
	o.mu.Unlock()
	if found {
		return all, nil
	}
	set, err := site.Delivered(ctx, app, at)
	if err != nil {
		return nil, err
	}
	all = map[manifest.ID]manifest.Origin{}
	for _, one := range set.Objects {
		id := one.ID()
		for _, namespace := range []string{id.Namespace, app.Spec.Destination.Namespace} { // it may be left to the destination
			if id.Namespace == "" {
				with := id
				with.Namespace = namespace
				all[with] = one.Origin
			}
		}
		all[id] = one.Origin
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.known) >= mostOrigins {
		clear(o.known)
	}
	o.known[key] = all
	return all, nil
}
