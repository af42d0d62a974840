package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/check"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
	"github.com/fairlead-dev/fairlead/practice/own"
	"github.com/fairlead-dev/fairlead/practices"
)

// orHere are the targets, or the directory that one is in.
func orHere(targets []string) []string {
	if len(targets) == 0 {
		return []string{"."}
	}
	return targets
}

// here are all practices that there are in the directory that one is in.
func here() []*practice.Practice {
	own, err := check.FindOwn(context.Background(), check.Input{Targets: []string{"."}}, nil, practices.All)
	if err != nil {
		return practices.All // what is wrong is told by what is run
	}
	return own.All(practices.All)
}

// tellBroken warns of own practices that can't be used.
func (a *app) tellBroken(own *check.Own) {
	for _, p := range own.Problems() {
		a.err.paragraph(9, a.style.warn.Render("warning:")+" "+harmless(p.Error()))
	}
}

// testPractices runs the examples of practices: of those that are named, or of the repository's own.
func (a *app) testPractices(ctx context.Context, named []string) error {
	var targets []string
	if len(named) == 0 {
		targets = []string{"."}
	}
	found, err := check.FindOwn(ctx, check.Input{Targets: targets}, named, practices.All)
	if err != nil {
		return err
	}
	results := []own.Result{}
	for _, p := range found.Practices {
		r := p.Test()
		for i := range r.Failures {
			r.Failures[i].Origin.Path = p.Origin.Path
		}
		results = append(results, r)
	}
	for _, p := range found.Problems() {
		last := len(results) - 1
		if last < 0 || results[last].Practice != p.ID.Name || results[last].Origin.Path != p.Origin.Path {
			results = append(results, own.Result{Practice: p.ID.Name, Origin: p.Origin})
			last++
		}
		results[last].Failures = append(results[last].Failures, own.Failure{Origin: p.Origin, Message: p.Err.Error(), Next: hint.Of(p.Err)})
	}
	if len(results) == 0 {
		return hint.With(errors.New("there are no own practices to test"), "name their files, or put them into "+check.OwnDir+" (docs/own-practices.md)")
	}
	switch a.output {
	case "json":
		err = a.printJSON(results)
	case "text":
		a.printTests(results)
	default:
		err = hint.With(fmt.Errorf("--test goes without -o %s", a.output), "use -o text or -o json")
	}
	if err != nil {
		return err
	}
	return yesOrNo(!slices.ContainsFunc(results, func(r own.Result) bool { return !r.HasPassed }))
}

func (a *app) printTests(results []own.Result) {
	widest := 0
	for _, r := range results {
		widest = max(widest, len(r.Practice))
	}
	for _, r := range results {
		word, examples := a.style.good.Render("ok  "), fmt.Sprintf("%d good, %d bad", r.Good, r.Bad)
		if !r.HasPassed {
			word = a.style.bad.Render("FAIL")
		}
		a.out.line(word + "  " + harmless(pad(r.Practice, widest)) + "  " + a.style.dim.Render(r.Origin.String()+"  "+examples))
		for _, f := range r.Failures {
			at := f.Origin.String()
			if f.Origin.Column > 0 {
				at += fmt.Sprintf(":%d", f.Origin.Column)
			}
			if f.Example != "" {
				at += " " + f.Example
			}
			a.out.paragraph(6, "      "+a.style.dim.Render(at+":")+" "+harmless(f.Message))
			if f.Next != "" {
				a.out.paragraph(6, "      "+a.style.dim.Render("next:")+" "+harmless(f.Next))
			}
		}
	}
}

// exportPolicy prints a practice as the API server enforces it.
func (a *app) exportPolicy(found *check.Own, id string) error {
	i := slices.IndexFunc(found.Practices, func(p *own.Practice) bool { return p.ID == id })
	if i < 0 {
		return notOwn(found, id)
	}
	policy, binding := found.Practices[i].Policy()
	var documents []map[string]any
	for _, object := range []any{policy, binding} {
		fields, err := fieldsOf(object)
		if err != nil {
			return err
		}
		documents = append(documents, fields)
	}
	if a.json() {
		return a.printJSON(map[string]any{"apiVersion": "v1", "kind": "List", "items": documents})
	}
	for i, fields := range documents {
		text, err := yaml.Marshal(fields)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(a.out, "---")
		}
		fmt.Fprint(a.out, string(text))
	}
	return nil
}

// fieldsOf are those that an object sends: what the server fills in is left out.
func fieldsOf(object any) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	err = json.Unmarshal(text, &fields)
	delete(fields, "status")
	return fields, err
}

// notOwn says why a practice can't be exported.
func notOwn(found *check.Own, id string) error {
	if err := whyBroken(found, id); err != nil {
		return err
	}
	if among(practices.All)(id) {
		return hint.With(fmt.Errorf("%s is a practice of the catalogue, and not written in CEL", id), "have Fairlead's admission webhook judge by it")
	}
	var ids []string
	for _, p := range found.Practices {
		ids = append(ids, p.ID)
	}
	return noOwn(id, ids)
}

// whyBroken says why an own practice can't be used; nil of one that isn't there.
func whyBroken(found *check.Own, id string) error {
	problems := found.Problems()
	if i := slices.IndexFunc(problems, func(p manifest.Problem) bool { return p.ID.Name == id }); i >= 0 {
		return problems[i]
	}
	return nil
}

func noOwn(id string, ids []string) error {
	if len(ids) == 0 {
		return hint.With(fmt.Errorf("there is no own practice %q: there are none here", id), "name their files with --practices, or put them into "+check.OwnDir)
	}
	return hint.With(fmt.Errorf("there is no own practice %q", id), fmt.Sprintf("did you mean: %s", hint.Nearest(id, ids)[0]))
}
