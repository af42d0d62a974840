package live

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// sourceKey is a source as the applications of one namespace follow it.
type sourceKey struct{ namespace, kind, url, ref string }

func (k sourceKey) id() string { return k.namespace + " " + k.kind + " " + k.url + " " + k.ref }

func sourceOf(app *v1alpha1.Application) sourceKey {
	k := sourceKey{namespace: app.Namespace}
	switch s := app.Spec.Source; {
	case s.Git != nil:
		k.kind, k.url, k.ref = "git", s.Git.URL, cmp.Or(s.Git.Ref.Branch, s.Git.Ref.Tag, s.Git.Ref.SemVer, s.Git.Ref.Commit)
	case s.OCI != nil:
		k.kind, k.url, k.ref = "oci", s.OCI.URL, cmp.Or(s.OCI.Ref.Tag, s.OCI.Ref.SemVer, s.OCI.Ref.Digest, "latest")
	case s.Helm != nil:
		k.kind, k.url, k.ref = "helm", strings.TrimSuffix(s.Helm.Repo, "/")+"/"+s.Helm.Chart, s.Helm.Version
	}
	k.url, k.ref = cut(withoutLogin(k.url), mostText), cut(k.ref, mostText)
	return k
}

// withoutLogin takes names and passwords out of an address, which some write there.
func withoutLogin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	if _, has := u.User.Password(); !has && u.Scheme == "ssh" {
		return address // git@…
	}
	u.User = nil
	return u.String()
}

func pathOf(app *v1alpha1.Application) string {
	switch s := app.Spec.Source; {
	case s.Git != nil:
		return cmp.Or(s.Git.Path, ".")
	case s.OCI != nil:
		return cmp.Or(s.OCI.Path, ".")
	}
	return ""
}

// setSource notes which source an application follows; the zero key is none.
func (m *model) setSource(a *application, key sourceKey) {
	if before := a.source; before != key && before != (sourceKey{}) {
		delete(m.sources[before], a)
		m.touchedSources[before] = true
	}
	if a.source = key; key != (sourceKey{}) {
		if m.sources[key] == nil {
			m.sources[key] = map[*application]bool{}
		}
		m.sources[key][a] = true
		m.touchedSources[key] = true
	}
	wake(m.store.touched)
}

// askSources has all sources derived anew: when they were fetched no object tells.
func (m *model) askSources() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key := range m.sources {
		m.touchedSources[key] = true
	}
	wake(m.store.touched)
}

const mostProblems = 50

// deriveSource makes a source's row of what its applications say.
func (m *model) deriveSource(key sourceKey) {
	apps := make([]*application, 0, len(m.sources[key]))
	for a := range m.sources[key] {
		apps = append(apps, a)
	}
	if len(apps) == 0 {
		delete(m.sources, key)
		m.store.remove("sources", key.id())
		return
	}
	slices.SortFunc(apps, func(a, b *application) int {
		return cmp.Or(cmp.Compare(b.row.Synced, a.row.Synced), strings.Compare(a.id, b.id))
	})
	row := &Source{ID: key.id(), Namespace: key.namespace, Kind: key.kind, URL: key.url, Ref: key.ref, Revision: apps[0].row.Revision, Apps: len(apps), Problems: []SourceProblem{}}
	for _, a := range apps {
		row.Failed = cmp.Or(row.Failed, a.failed)
		if at := m.fetched(a.namespace, a.row.Name); !at.IsZero() {
			row.Fetched = max(row.Fetched, at.Unix())
		}
		for _, p := range a.problems {
			if len(row.Problems) < mostProblems && !slices.Contains(row.Problems, p) {
				row.Problems = append(row.Problems, p)
			}
		}
	}
	m.store.set("sources", row)
}
