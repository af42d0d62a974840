package query_test

import (
	"encoding/json"
	"errors"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/query"
)

// cases is testdata/cases.json, which the page's implementation runs too.
type cases struct {
	Now    int64                        `json:"now"`
	Tables map[string]map[string]string `json:"tables"`
	Rows   []map[string]any             `json:"rows"`
	Cases  []struct {
		Query string       `json:"query"`
		IDs   []string     `json:"ids"`
		Error *query.Error `json:"error"`
	} `json:"cases"`
	Complete []struct {
		Query string `json:"query"`
		query.Completion
	} `json:"complete"`
}

// jsonRow is a row of the cases, read as its table says.
type jsonRow struct {
	row    map[string]any
	fields map[string]string
}

func (r jsonRow) value(field string) any {
	property, ok := r.fields[field]
	if constant, is := strings.CutPrefix(property, "="); is {
		return constant
	}
	if !ok {
		return nil
	}
	return r.row[property]
}

func (r jsonRow) Words(field string) []string {
	switch v := r.value(field).(type) {
	case string:
		return []string{v}
	case []any:
		out := make([]string, len(v))
		for i := range v {
			out[i], _ = v[i].(string)
		}
		return out
	}
	return nil
}

func (r jsonRow) Number(field string) (int64, bool) {
	switch v := r.value(field).(type) {
	case float64:
		return int64(v), true
	case string:
		return 1, v == "1"
	}
	return 0, false
}

func read(t testing.TB) cases {
	t.Helper()
	text, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var c cases
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c cases) row(i int) jsonRow {
	table, _ := c.Rows[i]["table"].(string)
	return jsonRow{c.Rows[i], c.Tables[table]}
}

func TestQueriesChooseTheRowsOfTheCases(t *testing.T) {
	c := read(t)
	for _, one := range c.Cases {
		q, err := query.Parse(one.Query)
		var problem *query.Error
		errors.As(err, &problem)
		if diff := cmp.Diff(one.Error, problem); diff != "" {
			t.Errorf("%q: error (-want +got):\n%s", one.Query, diff)
		}
		if problem != nil || one.Error != nil {
			continue
		}
		ids := []string{}
		for i := range c.Rows {
			if q.Matches(c.row(i), c.Now) {
				ids = append(ids, c.Rows[i]["id"].(string))
			}
		}
		if diff := cmp.Diff(one.IDs, ids); diff != "" {
			t.Errorf("%q: rows (-want +got):\n%s", one.Query, diff)
		}
	}
}

func TestCompletionOffersWhatTheCasesSay(t *testing.T) {
	c := read(t)
	for _, one := range c.Complete {
		got := query.Complete(one.Query, one.At, func(field string) iter.Seq[string] {
			return func(yield func(string) bool) {
				for i := range c.Rows {
					for _, word := range c.row(i).Words(field) {
						if !yield(word) {
							return
						}
					}
				}
			}
		})
		if diff := cmp.Diff(one.Completion, got); diff != "" {
			t.Errorf("%q at %d (-want +got):\n%s", one.Query, one.At, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	c := read(f)
	for _, one := range c.Cases {
		f.Add(one.Query, len(one.Query)/2)
	}
	row := c.row(0)
	f.Fuzz(func(t *testing.T, text string, at int) {
		q, err := query.Parse(text)
		var problem *query.Error
		if errors.As(err, &problem) && (problem.At < 0 || problem.To < problem.At) {
			t.Errorf("%q: an error from %d to %d", text, problem.At, problem.To)
		}
		q.Matches(row, 0)
		if done := query.Complete(text, at, func(string) iter.Seq[string] { return func(func(string) bool) {} }); done.From > done.To {
			t.Errorf("%q at %d: completes from %d to %d", text, at, done.From, done.To)
		}
	})
}
