package own

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"

	"github.com/fairlead-dev/fairlead/internal/expression"
	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// meanCost is what an object may cost in the mean: a scope of many ends, too.
const meanCost = 10_000

// longestMessage and one line is what the API server takes of a message that is computed.
const longestMessage = 5 * 1024

var errCostly = errors.New("it costs too much")

// run judges a scope.
func (p *Practice) run(pass *practice.Pass) { p.judgeScope(pass) }

// judgeScope returns how many objects were judged. It ends at what costs too much, and tells it once.
func (p *Practice) judgeScope(pass *practice.Pass) int {
	j := &judge{Practice: p, pass: pass, left: objectCost, namespaces: map[string]*manifest.Object{}}
	for _, k := range p.kinds {
		for o := range pass.Of(k.group, k.kind) {
			if len(k.versions) > 0 && !slices.Contains(k.versions, o.GroupVersionKind().Version) || !j.selects(o) {
				continue
			}
			j.left += meanCost
			if err := j.judge(o, k); err != nil {
				pass.Report(practice.Note{
					At: o.At(), Message: fmt.Sprintf("%s, and judges nothing more here", err),
					Leads: "what comes after it was not judged", Fix: "make the expression cheaper: fewer loops in loops; the limits are those of a ValidatingAdmissionPolicy",
				})
				return j.judged
			}
		}
	}
	return j.judged
}

// judge is a practice's look at a scope.
type judge struct {
	*Practice
	pass   *practice.Pass
	left   uint64 // of the cost that all may have
	judged int    // objects that all conditions let be judged

	namespaces map[string]*manifest.Object // by name, once they were asked for
}

// selects says whether the selectors let an object be judged. Of a namespace that isn't in the scope only the label with
// its name is known.
func (j *judge) selects(o *practice.Object) bool {
	ofObject, ofNamespace := j.spec.Match.ObjectSelector, j.spec.Match.NamespaceSelector
	if ofObject != nil && !practice.Selects(ofObject, o.GetLabels()) {
		return false
	}
	id := o.ID()
	switch {
	case ofNamespace == nil || isClusterWide(id.Group, id.Kind) && id.Kind != "Namespace":
		return true
	case id.Kind == "Namespace" && id.Group == "":
		return practice.Selects(ofNamespace, namespaceLabels(o.Object))
	}
	return practice.Selects(ofNamespace, j.namespace(id.Namespace).GetLabels())
}

// namespace is the one of a name, or what is known of it without having it.
func (j *judge) namespace(name string) *manifest.Object {
	if known := j.namespaces[name]; known != nil {
		return known
	}
	found := &manifest.Object{}
	found.Object = map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}}
	if o := j.pass.Find(manifest.ID{Kind: "Namespace", Name: name}); o != nil {
		found.Object = o.DeepCopy().Object
	}
	found.SetLabels(namespaceLabels(found))
	j.namespaces[name] = found
	return found
}

func namespaceLabels(o *manifest.Object) map[string]string {
	all := map[string]string{"kubernetes.io/metadata.name": o.GetName()}
	for key, value := range o.GetLabels() {
		all[key] = value
	}
	return all
}

// judge reports what of an object breaks the practice. Its error says that it costs too much.
func (j *judge) judge(o *practice.Object, k kind) error {
	in := &input{judge: j, object: o, kind: k, left: min(objectCost, j.left), known: map[string]any{}}
	defer func() { j.left -= min(objectCost, j.left) - in.left }()
	if matches, err := in.matches(); !matches || err != nil {
		return err
	}
	j.judged++
	for _, v := range j.validations {
		holds, err := in.evaluate(v.holds)
		if err != nil {
			if err := in.fail(v.holds, err); err != nil {
				return err
			}
			continue
		}
		if holds == types.True {
			continue
		}
		message, err := in.message(v)
		if err != nil {
			return err
		}
		paths, err := in.fields(v)
		if err != nil {
			return err
		}
		for _, path := range paths {
			j.pass.Report(practice.Note{At: o.At(path...), Message: message})
		}
	}
	return nil
}

// matches says whether the conditions let the object be judged. One that is false decides, whatever is wrong with others,
// as in a policy.
func (in *input) matches() (bool, error) {
	var broken error
	var at program
	for _, c := range in.conditions {
		switch holds, err := in.evaluate(c); {
		case err != nil && broken == nil:
			broken, at = err, c
		case err == nil && holds != types.True:
			return false, nil
		}
	}
	if broken != nil {
		return false, in.fail(at, broken)
	}
	return true, nil
}

// fail reports an expression that can't be evaluated, as a policy refuses then; what costs too much is returned.
func (in *input) fail(of program, err error) error {
	if errors.Is(err, errCostly) {
		return fmt.Errorf("%s: %w", of.name, err)
	}
	fix := "let the expression ask before it reads: has(object.spec.x), object.?spec.x.orValue('')"
	if errors.Is(err, expression.ErrTooLarge) {
		fix = "let it make shorter texts and lists: one may have 256 KiB, or 50,000 values"
	}
	in.pass.Report(practice.Note{At: in.object.At(), Message: fmt.Sprintf("%s can't be evaluated: %s", of.name, err), Fix: fix})
	return nil
}

// message is what a finding says, chosen as the API server does.
func (in *input) message(v compiled) (string, error) {
	said := ""
	if v.message.Program != nil {
		value, err := in.evaluate(v.message)
		if errors.Is(err, errCostly) {
			return "", fmt.Errorf("%s: %w", v.message.name, err)
		}
		text, _ := value.(types.String)
		if said = strings.TrimSpace(string(text)); err != nil || len(said) > longestMessage || strings.Contains(said, "\n") {
			said = ""
		}
	}
	return cmp.Or(said, strings.TrimSpace(v.Message), "failed expression: "+strings.TrimSpace(v.Expression)), nil
}

// fields are the paths that a validation's findings are about; one that leads nowhere ends where it does.
func (in *input) fields(v compiled) ([][]string, error) {
	if v.field.Program == nil {
		return [][]string{in.resolve(v.Field)}, nil
	}
	value, err := in.evaluate(v.field)
	if errors.Is(err, errCostly) {
		return nil, fmt.Errorf("%s: %w", v.field.name, err)
	}
	var paths [][]string
	switch value := value.(type) {
	case types.String:
		paths = append(paths, in.resolve(string(value)))
	case traits.Lister:
		for it := value.Iterator(); it.HasNext() == types.True; {
			if text, ok := it.Next().(types.String); ok {
				paths = append(paths, in.resolve(string(text)))
			}
		}
	}
	if len(paths) == 0 { // the finding stands, wherever it is
		paths = [][]string{nil}
	}
	return paths, nil
}

// resolve takes a path apart, and finds items that are named by one of their fields: containers[name=web].
func (in *input) resolve(field string) []string {
	path := manifest.FieldPath(field)
	for i, step := range path {
		key, value, byValue := strings.Cut(step, "=")
		list, isList := in.object.Get(path[:i]...).([]any)
		if !byValue || !isList {
			continue
		}
		if at := slices.IndexFunc(list, func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields[key] != nil && fmt.Sprint(fields[key]) == value
		}); at >= 0 {
			path[i] = strconv.Itoa(at)
		}
	}
	return path
}

// input is what the expressions see of one object.
type input struct {
	*judge
	object *practice.Object
	kind   kind
	left   uint64         // of the cost
	known  map[string]any // what was asked for
}

// evaluate runs a program, and pays for it.
func (in *input) evaluate(p program) (ref.Val, error) {
	value, details, err := p.Eval(in)
	if cost := details.ActualCost(); cost != nil {
		if *cost > in.left {
			in.left = 0
			return nil, errCostly
		}
		in.left -= *cost
	}
	if cancelled, ok := errors.AsType[interpreter.EvalCancelledError](err); ok && cancelled.Cause == interpreter.CostLimitExceeded {
		return nil, errCostly
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// Parent is that of an interpreter.Activation: there is none.
func (in *input) Parent() interpreter.Activation { return nil }

// ResolveName gives a variable. What takes work is made when it is asked for.
func (in *input) ResolveName(name string) (any, bool) {
	if value, ok := in.known[name]; ok {
		return value, true
	}
	var value any
	switch name {
	case "object":
		value = masked(in.object.Object)
	case "oldObject":
	case "params":
		value = in.spec.Params
	case "request":
		value = in.request()
	case "namespaceObject":
		if id := in.object.ID(); !isClusterWide(id.Group, id.Kind) {
			value = in.namespace(id.Namespace).Object
		}
	default:
		i := slices.IndexFunc(in.variables, func(v program) bool { return v.name == name })
		if i < 0 {
			return nil, false
		}
		made, err := in.evaluate(in.variables[i])
		if value = made; err != nil {
			value = types.WrapErr(fmt.Errorf("%s: %w", name, err))
		}
	}
	in.known[name] = value
	return value, true
}

// request is that of creating the object, by nobody in particular.
func (in *input) request() map[string]any {
	gvk, id := in.object.GroupVersionKind(), in.object.ID()
	ofKind := map[string]any{"group": gvk.Group, "version": gvk.Version, "kind": gvk.Kind}
	resource := map[string]any{"group": gvk.Group, "version": gvk.Version, "resource": in.kind.resource}
	return map[string]any{
		"kind": ofKind, "requestKind": ofKind, "resource": resource, "requestResource": resource, "subResource": "", "requestSubResource": "",
		"name": id.Name, "namespace": id.Namespace, "operation": "CREATE", "dryRun": false,
		"userInfo": map[string]any{"username": "", "uid": "", "groups": []any{}, "extra": map[string]any{}},
		"options":  map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions"},
	}
}

// mask stands for the values of Secrets, in base64 where they are.
const mask = "masked"

// masked is an object as expressions may see it: without the values of a Secret, so that no message can tell them.
func masked(o *manifest.Object) map[string]any {
	if !o.IsSecret() {
		return o.Object
	}
	out := o.DeepCopy()
	for key, by := range map[string]string{"data": "bWFza2Vk", "stringData": mask} {
		values, ok := out.Object[key].(map[string]any)
		if !ok {
			delete(out.Object, key)
		}
		for name := range values {
			values[name] = by
		}
	}
	annotations := out.GetAnnotations()
	delete(annotations, "kubectl.kubernetes.io/last-applied-configuration")
	out.SetAnnotations(annotations)
	return out.Object
}
