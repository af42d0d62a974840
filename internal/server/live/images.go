package live

import (
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// canonical is a repository with its registry: nginx is index.docker.io/library/nginx.
func canonical(repository string) string {
	r, err := name.NewRepository(repository, name.WeakValidation)
	if err != nil {
		return repository
	}
	return r.Name()
}

// readAutomation takes in what is known of the versions that policies move.
func (a *application) readAutomation(app *v1alpha1.Application) {
	a.newer, a.automated = map[string]string{}, nil
	held := ""
	if p := app.Spec.AutomationPause; p != nil && (p.Until == nil || p.Until.After(time.Now())) {
		held = strings.TrimPrefix(p.By+": "+p.Reason, ": ")
	}
	for _, status := range app.Status.Automation {
		i := slices.IndexFunc(app.Spec.Automation, func(s v1alpha1.Automation) bool { return s.Image == status.Image && s.Chart == status.Chart })
		row := automationRow(a.id, status)
		row.Held = cut(held, mostText)
		if i >= 0 {
			row.Policy = policyText(app.Spec.Automation[i].Policy)
		}
		if status.Image != "" && row.Newest != "" && !slices.Contains(status.Current, row.Newest) {
			a.newer[canonical(status.Image)] = row.Newest
		}
		a.automated = append(a.automated, row)
	}
}

func automationRow(app string, s v1alpha1.AutomationStatus) *Image {
	image := s.Image + s.Chart
	row := &Image{
		ID: app + " " + image, App: app, Image: cut(image, mostText), Current: cut(strings.Join(s.Current, ", "), mostText),
		Newest: s.Chosen, Why: s.Message, Pending: cut(s.PullRequest, mostText), Workloads: []string{},
	}
	why := func(r v1alpha1.RefusedVersion) string {
		text := r.Version + ": " + r.Why
		if r.Until != nil {
			text += " until " + r.Until.UTC().Format(time.DateTime) + " UTC"
		}
		return text
	}
	switch {
	case s.Next != nil:
		row.Newest = s.Next.Version
		if row.Why == "" {
			row.Why = why(*s.Next)
		}
	case len(s.Refused) > 0 && row.Why == "":
		row.Why = why(s.Refused[0])
	}
	row.Newest, row.Why = cut(row.Newest, mostText), cut(row.Why, mostText)
	return row
}

// policyText is a policy in one line: "semver >=1.4 <2".
func policyText(p v1alpha1.VersionPolicy) string {
	text := ""
	switch {
	case p.SemVer != "":
		text = "semver " + p.SemVer
	case p.CalVer != "":
		text = "calver " + p.CalVer
	case p.Numerical != "":
		text = "numerical " + strings.ToLower(string(p.Numerical))
	case p.Alphabetical != "":
		text = "alphabetical " + strings.ToLower(string(p.Alphabetical))
	case p.Newest:
		text = "newest"
	case p.Digest != "":
		text = "digest of " + p.Digest
	}
	return cut(text, mostText)
}

// imageRows are those that policies move, with the workloads that run them, and those that run without a policy.
func (a *application) imageRows(m *model) []Row {
	rows := make([]*Image, 0, len(a.automated))
	byName := map[string]*Image{} // with its registry
	for _, known := range a.automated {
		row := *known
		row.Workloads = []string{}
		rows = append(rows, &row)
		byName[canonical(row.Image)] = &row
	}
	byRef := map[string]*Image{}
	for _, w := range a.members {
		shown, _ := m.store.get("workloads", idOf(w.id.Group, w.id.Kind, w.id.Namespace, w.id.Name)).(*Workload)
		if shown == nil {
			continue
		}
		for _, ref := range shown.Images {
			image, version := cutRef(ref)
			row := byName[canonical(image)]
			if row == nil {
				row = byRef[ref]
			}
			if row == nil {
				row = &Image{ID: a.id + " " + ref, App: a.id, Image: image, Current: version, Workloads: []string{}}
				byRef[ref] = row
				rows = append(rows, row)
			}
			if !slices.Contains(row.Workloads, shown.ID) {
				row.Workloads = append(row.Workloads, shown.ID)
			}
		}
	}
	out := make([]Row, len(rows))
	for i, row := range rows {
		slices.Sort(row.Workloads)
		out[i] = row
	}
	return out
}
