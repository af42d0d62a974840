package live

import (
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/query"
)

// Ask makes an Application a row that queries can be asked of, as it is on the page.
func Ask(app *v1alpha1.Application) query.Row {
	a := &application{id: app.Namespace + "/" + app.Name}
	a.read(app)
	return asked{a.row}
}

// asked is a row with the fields of queries, as testdata/cases.json of package query maps them.
type asked struct{ row Row }

func (a asked) Words(field string) []string {
	switch r := a.row.(type) {
	case *Workload:
		switch field {
		case "ns":
			return []string{r.Namespace}
		case "name":
			return []string{r.Name}
		case "kind":
			return []string{r.Kind}
		case "app":
			return []string{r.App}
		case "health":
			return []string{r.Health}
		case "sync":
			return []string{r.Sync}
		case "image":
			return r.Images
		case "newer":
			return []string{r.Newer}
		case "node":
			return r.Nodes
		case "label":
			return r.Labels
		case "id":
			return []string{r.ID}
		}
	case *Application:
		switch field {
		case "ns":
			return []string{r.Namespace}
		case "name":
			return []string{r.Name}
		case "kind":
			return []string{"Application"}
		case "app", "id":
			return []string{r.ID}
		case "health":
			return []string{r.Health}
		case "sync":
			return []string{r.Sync}
		case "repo":
			return []string{r.Repo}
		}
	}
	return nil
}

func (a asked) Number(field string) (int64, bool) {
	switch r := a.row.(type) {
	case *Workload:
		switch field {
		case "drift":
			return int64(r.Drift), true
		case "score":
			return int64(r.Score), true
		case "errors":
			return int64(r.Errors), true
		case "warnings":
			return int64(r.Warnings), true
		case "restarts":
			return int64(r.Restarts), true
		case "changed":
			return r.Changed, true
		}
	case *Application:
		switch field {
		case "drift":
			return int64(r.Drift), true
		case "score":
			return int64(r.Score), true
		case "errors":
			return int64(r.Errors), true
		case "warnings":
			return int64(r.Warnings), true
		case "changed":
			return r.Synced, true
		}
	}
	return 0, false
}
