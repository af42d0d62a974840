// Package own turns practices of people's own, YAML documents with expressions in CEL, into practices like those of the
// catalogue, runs their examples, and writes them as a ValidatingAdmissionPolicy.
//
// An expression has the variables and the limits that it has in a ValidatingAdmissionPolicy, and means the same. The
// package reads no disk and no cluster; one broken document stops no other.
package own

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// Practice is one that people have written.
type Practice struct {
	*practice.Practice
	Origin manifest.Origin

	spec   spec
	source *manifest.Object
	kinds  []kind

	conditions  []program // of the match
	variables   []program
	validations []compiled
}

// compiled is a validation.
type compiled struct {
	validation
	holds, message, field program // message and field may be missing
}

// Read reads the practices of a file. Problems name the place of what is wrong, expressions' by line and column; the
// practice that one is in is left out.
func Read(path string, text []byte) ([]*Practice, []manifest.Problem) {
	set := manifest.Read(path, text)
	problems := set.Problems
	var all []*Practice
	for _, o := range set.Objects {
		p, wrong := read(o, text)
		if len(wrong) > 0 {
			problems = append(problems, wrong...)
			continue
		}
		all = append(all, p)
	}
	if len(all)+len(problems) == 0 {
		problems = append(problems, manifest.Problem{Origin: manifest.Origin{Path: path}, Err: hint.With(errors.New("there is no practice in it"), beginning)})
	}
	return all, problems
}

const beginning = "begin with apiVersion: " + apiVersion + " and kind: " + Kind

// IsOne says whether an object is a practice, and not something to deliver.
func IsOne(o *manifest.Object) bool {
	id := o.ID()
	return id.Group == Group && id.Kind == Kind
}

func read(o *manifest.Object, text []byte) (*Practice, []manifest.Problem) {
	if !IsOne(o) || o.GetAPIVersion() != apiVersion {
		return nil, []manifest.Problem{problem(o, hint.With(fmt.Errorf("%s %s is no practice", o.GetAPIVersion(), o.GetKind()), beginning), "kind")}
	}
	d, wrong := decode(o)
	if len(wrong) > 0 {
		return nil, wrong
	}
	p := &Practice{Origin: o.Origin, spec: d.Spec, source: o}
	p.Practice = &practice.Practice{
		ID: o.GetName(), Title: d.Spec.Title, Category: practice.Category(cmp.Or(d.Spec.Category, string(practice.Own))), Severity: practice.Warning,
		Inputs: practice.Manifests | practice.Cluster, Leads: d.Spec.Leads, Fix: d.Spec.Fix, Run: p.run,
	}
	if d.Spec.Severity != "" {
		p.Severity, _ = practice.ParseSeverity(d.Spec.Severity)
	}
	wrong = slices.Concat(p.check(), p.findKinds(), p.compile(text), p.readExamples())
	p.Files = p.files()
	return p, wrong
}

var (
	isID   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString
	isName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString
)

// check tells what is missing, and what the API server would refuse in the policy.
func (p *Practice) check() []manifest.Problem {
	var wrong []manifest.Problem
	tell := func(next, message string, path ...string) {
		wrong = append(wrong, problem(p.source, hint.With(errors.New(message), next), path...))
	}
	if !isID(p.ID) || len(p.ID) > 63 {
		tell("name the good state: team-label", fmt.Sprintf("%q is no id of a practice: lower-case words and numbers with - between them", p.ID), "metadata", "name")
	}
	for _, f := range []struct{ key, text, what string }{
		{"title", p.Title, "what good looks like, in one line"}, {"leads", p.Leads, "what breaking it leads to"}, {"fix", p.Fix, "how it is mended"},
	} {
		if strings.TrimSpace(f.text) == "" {
			tell("say "+f.what, "spec."+f.key+" is missing", "spec", f.key)
		}
	}
	if _, ok := practice.ParseSeverity(p.spec.Severity); !ok && p.spec.Severity != "" {
		tell("use error, warning or info", fmt.Sprintf("there is no severity %q", p.spec.Severity), "spec", "severity")
	}
	if !slices.Contains(practice.Categories, p.Category) {
		var names []string
		for _, c := range practice.Categories {
			names = append(names, string(c))
		}
		tell("there are: "+strings.Join(names, ", "), fmt.Sprintf("there is no category %q", p.spec.Category), "spec", "category")
	}
	if len(p.spec.Validations) == 0 {
		tell("write at least one expression that is true of what is good", "spec.validations is missing", "spec", "validations")
	}
	for i, v := range p.spec.Validations {
		at := []string{"spec", "validations", fmt.Sprint(i)}
		switch {
		case strings.TrimSpace(v.Message) == "" && strings.Contains(strings.TrimSpace(v.Expression), "\n"):
			tell("say in one line what is wrong", "a message is needed beside an expression of several lines", append(at, "message")...)
		case strings.Contains(strings.TrimSpace(v.Message), "\n"):
			tell("say it in one line", "the message has several lines", append(at, "message")...)
		case v.Field != "" && v.FieldExpression != "":
			tell("keep one", "there are field and fieldExpression", append(at, "field")...)
		}
		if reasons := []string{"", "Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"}; !slices.Contains(reasons, v.Reason) {
			tell("use "+strings.Join(reasons[1:], ", "), fmt.Sprintf("there is no reason %q", v.Reason), append(at, "reason")...)
		}
	}
	return slices.Concat(wrong, p.checkNames("variables", p.allVariables(), p.spec.Variables), p.checkNames("matchConditions", p.matchConditions(), p.spec.MatchConditions))
}

// checkNames tells of names that are missing, or not what the API server takes.
func (p *Practice) checkNames(list string, all, written []named) []manifest.Problem {
	var wrong []manifest.Problem
	seen := map[string]bool{}
	for i, n := range all {
		var err error
		switch {
		case seen[n.Name]:
			err = hint.With(fmt.Errorf("there are two %s called %q", list, n.Name), "give each a name of its own")
		case list == "variables" && !isName(n.Name):
			err = hint.With(fmt.Errorf("%q is no name of a variable", n.Name), "use letters, digits and _: variables.containers")
		case list == "matchConditions" && !isID(n.Name):
			err = hint.With(fmt.Errorf("%q is no name of a condition", n.Name), "use lower-case words with - between them")
		}
		seen[n.Name] = true
		if err != nil {
			wrong = append(wrong, problem(p.source, err, "spec", list, fmt.Sprint(i-len(all)+len(written)), "name"))
		}
	}
	return wrong
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
